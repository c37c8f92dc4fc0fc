import { pathToFileURL } from 'node:url'
import { PAYLOAD_VARIABLE } from '../config/env-variables.ts'
import { inheritedPayload, type IsolatedService, type Payload } from '../config/payload.ts'
import { MoorageError } from '../contract/errors.ts'
import type { PlainConnection } from '../contract/service.ts'
import type { Isolation } from '../contract/isolation.ts'
import { isStaleSlot, slotPrefix, slotName, currentSlot } from './slot-name.ts'

export interface SlotOptions {
  /** Tells one test file from another, where the module registry does not. */
  readonly file?: string | undefined
  /** For the time of one test, beside others that the same worker runs at once: give it back. */
  readonly own?: boolean
}

export interface AcquiredSlot {
  readonly connection: PlainConnection
  release(): void
}

interface Made {
  readonly file: string | undefined
  readonly connection: Promise<PlainConnection>
}

const made = new Map<string, Made>()
const slotIndexes = new Map<string, Set<number>>()

/** A service's connection for whoever asks: the shared one, or that of this worker, file or test. */
export async function acquireSlot(name: string, { file, own = false }: SlotOptions = {}): Promise<AcquiredSlot> {
  const payload = inheritedPayload(process.env)
  if (!payload) throw unprovisioned(name)
  const shared = payload.services[name]
  if (!shared)
    throw new MoorageError('USAGE', `isolated('${name}'): services.${name} does not run here.`, {
      hint: `There are ${Object.keys(payload.services).join(', ')}.`,
    })
  const isolated = payload.isolated?.[name]
  if (!isolated) return { connection: shared, release: () => {} }
  if (isolated.given !== undefined) throw given(name, isolated.given)
  const open = (lane: number, fresh: boolean): Promise<PlainConnection> =>
    openSlot(payload, isolated, { name, lane, fresh })
  if (isolated.each !== 'test')
    return { connection: await once(name, { file, isolated, open: (fresh) => open(0, fresh) }), release: () => {} }
  const taken = slotIndexes.get(name) ?? new Set()
  slotIndexes.set(name, taken)
  const lane = own ? firstFree(taken) : 0
  if (own) taken.add(lane)
  const release = (): void => void (own && taken.delete(lane))
  try {
    return { connection: await open(lane, true), release }
  } catch (error) {
    release()
    throw error
  }
}

async function once(
  name: string,
  {
    file,
    isolated: { each },
    open,
  }: { file: string | undefined; isolated: IsolatedService; open(fresh: boolean): Promise<PlainConnection> },
): Promise<PlainConnection> {
  const known = made.get(name)
  if (known && (each === 'worker' || known.file === file)) return await known.connection
  const connection = open(each === 'file')
  made.set(name, { file, connection })
  // The next who asks tries again.
  connection.catch(() => made.delete(name))
  return await connection
}

async function openSlot(
  { run, services }: Payload,
  { module, root }: IsolatedService,
  { name, lane, fresh }: { name: string; lane: number; fresh: boolean },
): Promise<PlainConnection> {
  const isolation = (await import(pathToFileURL(module).href)) as Isolation
  const prefix = slotPrefix(run)
  const slot = `${currentSlot(process.env)}${lane ? `_${lane}` : ''}`
  const request = {
    service: name,
    name: slotName(run, slot),
    prefix,
    fresh,
    stale: (other: string) => isStaleSlot(other, prefix),
  }
  return await isolation.openSlot(services[name] as PlainConnection, request, { root })
}

function firstFree(taken: ReadonlySet<number>): number {
  let lane = 0
  while (taken.has(lane)) lane += 1
  return lane
}

function given(name: string, variable: string): MoorageError {
  return new MoorageError(
    'USAGE',
    `isolated('${name}'): ${variable} is set, and a database that you have given is never seeded, reset or dropped.`,
    {
      service: name,
      hint: `Unset ${variable} to let moorage start services.${name}, or share the given one: isolate: false.`,
    },
  )
}

function unprovisioned(name: string): MoorageError {
  return new MoorageError(
    'USAGE',
    `isolated('${name}'): the variable ${PAYLOAD_VARIABLE} is not set, so no services run for this test.`,
    {
      hint: "Add plugins: [moorage()] to vitest.config.ts, globalSetup: 'moorage/playwright' to playwright.config.ts, or run the tests by `moorage exec -- <command>`.",
    },
  )
}
