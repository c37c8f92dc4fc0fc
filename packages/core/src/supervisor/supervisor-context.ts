import type { Provider, ProviderRef } from '../contract/provider.ts'
import { failuresOf } from '../provisioning/task-stack.ts'
import { openJournal } from '../recovery/journal.ts'
import { thisMachine, type Machine } from '../recovery/system.ts'
import { placeOf, type Place } from '../protocol/paths.ts'
import type { OpenParams } from './supervised-run.ts'
import type { Household } from './supervisor.ts'
import { sweep } from '../recovery/sweep.ts'

export interface Folders {
  readonly place: Place
  readonly runFolder: string
  readonly cache: string
}

/** What the house asks of the process. */
export interface Doors extends Pick<Household, 'shut' | 'forget' | 'done'> {
  move(to: Place): Promise<boolean>
}

/** A supervisor's surroundings on this machine: journal, sweep of dead predecessors, providers by their modules. */
export function keepHouse({ place, runFolder, cache }: Folders, { shut, move, forget, done }: Doors, machine: Machine = thisMachine()): Household {
  const { owner, clock } = machine
  const journal = openJournal(place, owner)
  let root = '/'
  const load = loader(machine, () => root)
  const used = new Map<string, ProviderRef>()
  let sweeping: Promise<unknown> = Promise.resolve()
  const alsoSweep = (refs: readonly ProviderRef[]): void => {
    sweeping = sweeping.then(() => sweep(runFolder, refs, { machine, load })).catch(() => {})
  }
  return {
    clock,
    shut,
    async move(identity) {
      const to = placeOf(identity, runFolder)
      journal.place(to)
      return await move(to)
    },
    begin({ order, run, family }: OpenParams) {
      journal.run(run.id, { root: order.plan.root, family })
      root = order.plan.root
      alsoSweep([])
      const labels = { 'moorage.run': run.id, ...(run.ciRun ? { 'ci-run': run.ciRun } : {}) }
      return {
        run: { id: run.id, labels, owner, root: order.plan.root, cache },
        clock,
        load,
        journal(ref, entry) {
          journal.write(ref, entry)
          used.set(ref.module, ref)
        },
      }
    },
    opened() {
      // Where this run works anyhow, leftovers without a journal are looked for as well: once nobody waits any more.
      alsoSweep([...used.values()])
    },
    forget(undone) {
      // What could not be undone stays written down for the next sweep.
      if (!failuresOf(undone).length) journal.remove()
      forget(undone)
    },
    async done(undone) {
      await sweeping
      await done(undone)
    },
  }
}

/** Loads each provider once. */
export function loader(machine: Machine, root: () => string): (ref: ProviderRef) => Promise<Provider> {
  const loaded = new Map<string, Promise<Provider>>()
  return (ref) => {
    const key = `${ref.module} ${JSON.stringify(ref.options)}`
    const known = loaded.get(key) ?? machine.load(ref, root())
    loaded.set(key, known)
    return known
  }
}
