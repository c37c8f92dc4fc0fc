import { rmSync } from 'node:fs'
import { abortable } from '../provider-kit/clock.ts'
import { messageOf, MoorageError } from '../contract/errors.ts'
import type { Provider, ProviderRef, ReapedObject, ReapScope } from '../contract/provider.ts'
import { deadRuns, type JournaledRun } from './journal.ts'
import type { System } from './system.ts'
import type { SupervisorPaths } from '../protocol/paths.ts'

export interface SweepResult {
  readonly reaped: readonly ReapedObject[]
  readonly failures: readonly string[]
}

export interface SweepOptions {
  readonly machine: System
  load(ref: ProviderRef): Promise<Provider>
  /** Only tells what would be removed. */
  readonly dry?: boolean
}

// Milliseconds for one provider's leftovers: an engine that hangs keeps no supervisor alive.
const REAP_TIMEOUT_MS = 60_000

/** Removes what dead supervisors left, by their journals; `also` names providers to ask for leftovers without one. */
export async function sweep(folder: string, also: readonly ProviderRef[], tools: SweepOptions): Promise<SweepResult> {
  const { machine } = tools
  const dead = deadRuns(folder, (owner) => machine.alive(owner))
  const refs = new Map(also.map((ref) => [ref.module, ref]))
  for (const { entries } of dead) for (const { provider } of entries) refs.set(provider.module, provider)
  const reaped: ReapedObject[] = []
  const failed = new Map<string, string>()
  for (const ref of refs.values()) {
    try {
      reaped.push(...(await reap(ref, dead, tools)))
    } catch (error) {
      failed.set(ref.module, `${ref.name}: ${messageOf(error)}`)
    }
  }
  // What could not be removed stays written down for the next sweep.
  for (const run of tools.dry ? [] : dead)
    if (!run.entries.some(({ provider }) => failed.has(provider.module))) forgetRun(run, machine)
  return { reaped, failures: [...failed.values()] }
}

async function reap(
  ref: ProviderRef,
  dead: readonly JournaledRun[],
  { load, machine, dry = false }: SweepOptions,
): Promise<readonly ReapedObject[]> {
  const late = new AbortController()
  const cancel = machine.clock.after(REAP_TIMEOUT_MS, () =>
    late.abort(new MoorageError('DEADLINE', `the engine did not answer within ${REAP_TIMEOUT_MS / 1000} s`)),
  )
  try {
    const reaping = load(ref).then((provider) =>
      provider.reap?.({ ...scopeFor(ref, dead, machine), ...(dry ? { dry } : {}) }, late.signal),
    )
    return (await abortable(reaping, late.signal)) ?? []
  } finally {
    cancel()
  }
}

function scopeFor(ref: ProviderRef, dead: readonly JournaledRun[], machine: System): ReapScope {
  const journals = dead.map(({ run, owner, entries }) => ({
    run,
    owner,
    entries: entries.filter(({ provider }) => provider.module === ref.module).map(({ entry }) => entry),
  }))
  return { journals: journals.filter(({ entries }) => entries.length), alive: (owner) => machine.alive(owner) }
}

function forgetRun({ file, places }: JournaledRun, machine: System): void {
  for (const place of places) removePaths(place, machine)
  rmSync(file, { force: true })
}

/** Removes a place's socket and log, unless a successor lives there: then they are not ours to remove. */
export function removePaths(place: SupervisorPaths, { takeLock }: System): void {
  const lock = takeLock(place.lock)
  if (!lock) return
  if (process.platform !== 'win32') rmSync(place.socket, { force: true })
  rmSync(place.log, { force: true })
  lock.release()
}
