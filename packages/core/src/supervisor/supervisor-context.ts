import type { ProviderRef } from '../contract/provider.ts'
import { moveDebugLog } from '../provider-kit/debug-log.ts'
import type { Clock } from '../provider-kit/clock.ts'
import { supervisorPaths, type RunFolders, type SupervisorPaths } from '../protocol/paths.ts'
import type { RunRequest } from '../protocol/run-request.ts'
import type { RunContext } from '../provisioning/run-context.ts'
import { teardownFailures, type TeardownResult } from '../provisioning/task-stack.ts'
import { openJournal } from '../recovery/journal.ts'
import { createCachedProviderLoader } from '../recovery/cached-provider-loader.ts'
import { sweep } from '../recovery/sweep.ts'
import { loadBuilders, realSystem, type System } from '../recovery/system.ts'

/** What a supervisor needs of its process and its machine. */
export interface SupervisorContext {
  readonly clock: Clock
  /** Records the run in the journal and completes its identity. */
  beginRun(request: RunRequest): Omit<RunContext, 'onProgress'>
  /** Called once, when services have started or failed to start. */
  runOpened(): void
  /** Moves the supervisor to where clients of `identity` look for it. Gives false where another supervisor is. */
  move(identity: string): Promise<boolean>
  /** Called once, before the teardown: no new client can connect from here on. */
  stopListening(reason: string): void
  /**
   * Called once, after the teardown and before clients hear of it: the process may be killed as soon as the last client
   * knows, and no other process would remove the supervisor's files.
   */
  forgetRun(results: readonly TeardownResult[]): void
  /** Called once, when all clients have their responses. */
  exit(results: readonly TeardownResult[]): void | Promise<void>
}

/** The part of the context that the process provides. */
export interface ContextHooks extends Pick<SupervisorContext, 'stopListening' | 'forgetRun' | 'exit'> {
  move(to: SupervisorPaths): Promise<boolean>
}

/**
 * Adds to the hooks of a process the journal, the sweep of leftovers, and the providers. Throws MoorageError
 * (SUPERVISOR_FAILED) where the journal cannot be written.
 */
export function createContext(
  { paths, runFolder, cache }: RunFolders,
  hooks: ContextHooks,
  system: System = realSystem(),
): SupervisorContext {
  const { owner, clock } = system
  const journal = openJournal(paths, owner)
  let root = '/'
  const load = createCachedProviderLoader(system, () => root)
  const usedProviders = new Map<string, ProviderRef>()
  let sweeping: Promise<unknown> = Promise.resolve()
  const queueSweep = (labelled: readonly ProviderRef[]): void => {
    sweeping = sweeping.then(() => sweep(runFolder, labelled, { system, load })).catch(() => {})
  }
  return {
    clock,
    async move(identity) {
      const to = supervisorPaths(identity, runFolder)
      journal.recordMove(to)
      const moved = await hooks.move(to)
      if (moved) moveDebugLog(to.log)
      return moved
    },
    beginRun({ plan, run, family, builders }) {
      ;({ root } = plan)
      journal.recordRun(run.id, { root, family })
      queueSweep([])
      const labels = { 'moorage.run': run.id, ...(run.ciRun ? { 'ci-run': run.ciRun } : {}) }
      return {
        run: { id: run.id, labels, owner, root, cache },
        clock,
        load,
        ...(builders ? { builders: { ref: builders, load: () => loadBuilders(builders, root) } } : {}),
        journal(ref, entry) {
          journal.recordEntry(ref, entry)
          usedProviders.set(ref.module, ref)
        },
      }
    },
    runOpened() {
      // Searching an engine takes time, so it waits until no client waits for the start.
      queueSweep([...usedProviders.values()])
    },
    stopListening: (reason) => hooks.stopListening(reason),
    forgetRun(results) {
      // The next sweep needs the journal when something could not be removed.
      if (!teardownFailures(results).length) journal.remove()
      hooks.forgetRun(results)
    },
    async exit(results) {
      await sweeping
      await hooks.exit(results)
    },
  }
}
