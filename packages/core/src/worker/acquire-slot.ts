import { notProvisioned } from '../config/not-provisioned-error.ts'
import { inheritedPayload, type IsolatedService, type RunPayload } from '../config/test-payload.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Isolation } from '../contract/isolation.ts'
import type { PlainConnection } from '../contract/service.ts'
import { importFile } from '../provider-kit/import-file.ts'
import { nextUser } from './report-left-sessions.ts'
import { currentSlot, isStaleSlot, slotName, slotPrefix } from './slot-name.ts'

export interface SlotOptions {
  /** Path of the test file, for runners that share one module registry between files. */
  readonly file?: string | undefined
  /** The test, or the place of the call, for messages: `the test 'adds a note' of notes.test.ts`. */
  readonly user?: string | undefined
  /**
   * Acquires a slot for one test, beside tests that the same worker runs at the same time. Release it after the test.
   */
  readonly concurrent?: boolean
}

export interface AcquiredSlot {
  readonly connection: PlainConnection
  release(): void
}

interface CachedSlot {
  readonly file: string | undefined
  readonly connection: Promise<PlainConnection>
}

/** How to open a slot. */
interface SlotRequest {
  readonly service: string
  /** Tells the slots of one worker apart. */
  readonly index: number
  /** Recreates the slot even if it exists. */
  readonly fresh: boolean
  readonly onLeftSessions?: (count: number) => void
}

const cachedSlots = new Map<string, CachedSlot>()
const usedIndexes = new Map<string, Set<number>>()

/**
 * Gives a service's connection: the shared one, or that of this worker, file or test. Throws MoorageError: USAGE where
 * no services run, for an unknown name, and for a service that the user runs; ISOLATION_FAILED where the slot cannot be
 * opened.
 */
export async function acquireSlot(
  service: string,
  { file, user = 'an earlier test', concurrent = false }: SlotOptions = {},
): Promise<AcquiredSlot> {
  const payload = inheritedPayload(process.env)
  if (!payload) throw notProvisioned(`isolated('${service}')`, process.env)
  // Every object inherits names such as toString.
  const shared = Object.hasOwn(payload.services, service) ? payload.services[service] : undefined
  if (!shared)
    throw new MoorageError('USAGE', `isolated('${service}'): services.${service} is not running here.`, {
      hint: `The running services are: ${Object.keys(payload.services).join(', ')}.`,
    })
  const isolated = payload.isolated?.[service]
  if (!isolated) return { connection: shared, release: () => {} }
  if (isolated.given !== undefined) throw givenByUser(service, isolated.given)
  if (isolated.each === 'test') return await acquireTestSlot(payload, isolated, { service, user, concurrent })
  const cached = cachedSlots.get(service)
  const reusable = cached && (isolated.each === 'worker' || cached.file === file)
  const connection = reusable
    ? cached.connection
    : openSlot(payload, isolated, { service, index: 0, fresh: isolated.each === 'file' })
  if (!reusable) {
    cachedSlots.set(service, { file, connection })
    // A failed slot is opened again by the next call.
    connection.catch(() => cachedSlots.delete(service))
  }
  return { connection: await connection, release: () => {} }
}

async function acquireTestSlot(
  payload: RunPayload,
  isolated: IsolatedService,
  { service, user, concurrent }: { readonly service: string; readonly user: string; readonly concurrent: boolean },
): Promise<AcquiredSlot> {
  const used = usedIndexes.get(service) ?? new Set()
  usedIndexes.set(service, used)
  const index = concurrent ? firstFree(used) : 0
  if (concurrent) used.add(index)
  const release = (): void => void (concurrent && used.delete(index))
  const onLeftSessions = nextUser(service, index, user)
  try {
    return { connection: await openSlot(payload, isolated, { service, index, fresh: true, onLeftSessions }), release }
  } catch (error) {
    release()
    throw error
  }
}

async function openSlot(
  { run, services }: RunPayload,
  { module, root }: IsolatedService,
  { service, index, fresh, onLeftSessions }: SlotRequest,
): Promise<PlainConnection> {
  const isolation = await importFile<Isolation>(module)
  const prefix = slotPrefix(run)
  const name = slotName(run, `${currentSlot(process.env)}${index ? `_${index}` : ''}`)
  const slot = {
    service,
    name,
    prefix,
    fresh,
    stale: (other: string) => isStaleSlot(other, prefix),
    ...(onLeftSessions ? { onLeftSessions } : {}),
  }
  return await isolation.openSlot(services[service] as PlainConnection, slot, { root })
}

function firstFree(used: ReadonlySet<number>): number {
  let index = 0
  while (used.has(index)) index += 1
  return index
}

function givenByUser(service: string, variable: string): MoorageError {
  return new MoorageError(
    'USAGE',
    `isolated('${service}'): ${variable} is set, and moorage never seeds, resets or drops a database that you supply.`,
    {
      service,
      hint: `Unset ${variable} to let moorage start services.${service}, or share your database: isolate: false.`,
    },
  )
}
