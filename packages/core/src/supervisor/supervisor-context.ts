import type { Provider, ProviderRef } from '../contract/provider.ts'
import type { RunContext } from '../provisioning/run-context.ts'
import type { Clock } from '../provider-kit/clock.ts'
import { teardownFailures, type TeardownResult } from '../provisioning/task-stack.ts'
import { openJournal } from '../recovery/journal.ts'
import { realSystem, type System } from '../recovery/system.ts'
import { supervisorPaths, type SupervisorPaths } from '../protocol/paths.ts'
import type { OpenParams } from './supervised-run.ts'
import { sweep } from '../recovery/sweep.ts'

/** What the supervisor's process lends to its server. */
export interface SupervisorContext {
  readonly clock: Clock
  /** Completes a run's identity with owner and folders, and begins its journal. */
  begin(params: OpenParams): Omit<RunContext, 'onProgress'>
  /** Called once, when services have started, or have failed to. */
  opened(): void
  /** From now on clients find this supervisor at another place. Gives false when somebody else is there. */
  move(identity: string): Promise<boolean>
  /** Called once, when nobody new may come in: before anything is undone. */
  shut(why: string): void
  /** Called once, when everything is undone and nobody has heard of it: whoever hears may be the last that could clean up. */
  forget(undone: readonly TeardownResult[]): void
  /** Called once, when everybody has been answered. */
  done(undone: readonly TeardownResult[]): void | Promise<void>
}

export interface RunFolders {
  readonly place: SupervisorPaths
  readonly runFolder: string
  readonly cache: string
}

/** What the house asks of the process. */
export interface ContextHooks extends Pick<SupervisorContext, 'shut' | 'forget' | 'done'> {
  move(to: SupervisorPaths): Promise<boolean>
}

/** A supervisor's surroundings on this machine: journal, sweep of dead predecessors, providers by their modules. */
export function createContext(
  { place, runFolder, cache }: RunFolders,
  { shut, move, forget, done }: ContextHooks,
  machine: System = realSystem(),
): SupervisorContext {
  const { owner, clock } = machine
  const journal = openJournal(place, owner)
  let root = '/'
  const load = providerLoader(machine, () => root)
  const used = new Map<string, ProviderRef>()
  let sweeping: Promise<unknown> = Promise.resolve()
  const alsoSweep = (refs: readonly ProviderRef[]): void => {
    sweeping = sweeping.then(() => sweep(runFolder, refs, { machine, load })).catch(() => {})
  }
  return {
    clock,
    shut,
    async move(identity) {
      const to = supervisorPaths(identity, runFolder)
      journal.place(to)
      return await move(to)
    },
    begin({ request, run, family }: OpenParams) {
      journal.run(run.id, { root: request.plan.root, family })
      root = request.plan.root
      alsoSweep([])
      const labels = { 'moorage.run': run.id, ...(run.ciRun ? { 'ci-run': run.ciRun } : {}) }
      return {
        run: { id: run.id, labels, owner, root: request.plan.root, cache },
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
      if (!teardownFailures(undone).length) journal.remove()
      forget(undone)
    },
    async done(undone) {
      await sweeping
      await done(undone)
    },
  }
}

/** Loads each provider once. */
export function providerLoader(machine: System, root: () => string): (ref: ProviderRef) => Promise<Provider> {
  const loaded = new Map<string, Promise<Provider>>()
  return (ref) => {
    const key = `${ref.module} ${JSON.stringify(ref.options)}`
    const known = loaded.get(key) ?? machine.load(ref, root())
    loaded.set(key, known)
    return known
  }
}
