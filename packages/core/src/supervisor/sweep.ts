import { rmSync } from 'node:fs'
import { messageOf } from '../errors.ts'
import type { Provider, ProviderRef, Reaped, ReapScope } from '../provider.ts'
import { isAlive } from '../run/owner.ts'
import { deadRuns, type DeadRun } from './journal.ts'
import { takeLock } from './lock.ts'

export interface Swept {
  readonly reaped: readonly Reaped[]
  readonly failures: readonly string[]
}

export interface SweepTools {
  load(ref: ProviderRef): Promise<Provider>
  readonly signal: AbortSignal
}

/** Removes what dead supervisors left, by their journals; `also` names providers to ask for leftovers without one. */
export async function sweep(folder: string, also: readonly ProviderRef[], tools: SweepTools): Promise<Swept> {
  const dead = deadRuns(folder, isAlive)
  const refs = new Map(also.map((ref) => [ref.module, ref]))
  for (const { entries } of dead) for (const { provider } of entries) refs.set(provider.module, provider)
  const reaped: Reaped[] = []
  const failed = new Map<string, string>()
  for (const ref of refs.values()) {
    try {
      const provider = await tools.load(ref)
      reaped.push(...((await provider.reap?.(scopeFor(ref, dead), tools.signal)) ?? []))
    } catch (error) {
      failed.set(ref.module, `${ref.name}: ${messageOf(error)}`)
    }
  }
  // What could not be removed stays written down for the next sweep.
  for (const run of dead) if (!run.entries.some(({ provider }) => failed.has(provider.module))) forget(run)
  return { reaped, failures: [...failed.values()] }
}

function scopeFor(ref: ProviderRef, dead: readonly DeadRun[]): ReapScope {
  const journals = dead.map(({ run, owner, entries }) => ({
    run,
    owner,
    entries: entries.filter(({ provider }) => provider.module === ref.module).map(({ entry }) => entry),
  }))
  return { journals: journals.filter(({ entries }) => entries.length), alive: isAlive }
}

function forget({ file, place }: DeadRun): void {
  // A successor may live at the same place: then its socket, lock and log are not ours to remove.
  const lock = takeLock(place.lock)
  if (lock) {
    if (process.platform !== 'win32') rmSync(place.socket, { force: true })
    rmSync(place.log, { force: true })
    lock.release()
  }
  rmSync(file, { force: true })
}
