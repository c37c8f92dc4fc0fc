import type { EnvVariables } from '../config/url-variables.ts'
import { messageOf, MoorageError } from '../contract/errors.ts'
import { monotonicClock, withTimeout } from '../provider-kit/clock.ts'
import { isAlive } from '../provider-kit/process-identity.ts'
import { runFolder, type SupervisorPaths } from '../protocol/paths.ts'
import { readJournals } from '../recovery/journal.ts'
import { observeRun, type RunObserver } from './run-observer.ts'

/** A living run, and a connection that inspects it. */
export interface LiveRun {
  readonly run: string
  readonly root: string
  readonly observer: RunObserver
}

/** A living run that cannot be inspected. */
export interface UnreachableRun {
  readonly run: string
  readonly root: string
  /** One or more sentences. */
  readonly reason: string
}

export interface LiveRuns {
  readonly runs: readonly LiveRun[]
  /** Runs of another version of moorage, and runs whose supervisor is stopped. */
  readonly unreachable: readonly UnreachableRun[]
}

// For the greeting of a supervisor. It takes a few milliseconds, and much longer on an overloaded machine.
const GREETING_TIMEOUT_MS = 5_000

/**
 * Connects to every living run of this user, or to those of one project. Close each observer. Throws MoorageError
 * (SUPERVISOR_FAILED) where the run folder cannot be used.
 */
export async function listRuns(
  env: EnvVariables,
  { root, greetingMs = GREETING_TIMEOUT_MS }: { readonly root?: string; readonly greetingMs?: number } = {},
): Promise<LiveRuns> {
  const living = readJournals(runFolder(env)).filter(
    (journal) => journal.run && (root === undefined || journal.root === root) && isAlive(journal.owner),
  )
  const runs: LiveRun[] = []
  const unreachable: UnreachableRun[] = []
  const visits = living.map(async ({ run, root: folder, paths, owner }) => {
    const last = paths.at(-1)
    if (!last) return
    try {
      const observer = await observeWithin(last, greetingMs, owner.pid)
      if (observer) runs.push({ run, root: folder, observer })
    } catch (error) {
      unreachable.push({ run, root: folder, reason: messageOf(error) })
    }
  })
  await Promise.all(visits)
  return { runs, unreachable }
}

async function observeWithin(paths: SupervisorPaths, ms: number, pid: number): Promise<RunObserver | undefined> {
  const inspecting = observeRun(paths)
  const late = (): never => {
    // A connection that comes later must not stay open.
    inspecting.then(
      (observer) => observer?.close(),
      () => {},
    )
    const message = `Its supervisor (pid ${pid}) does not respond: it is stopped, or this machine is overloaded.`
    throw new MoorageError('SUPERVISOR_FAILED', message, { hint: 'Resume it (kill -CONT) or kill it.' })
  }
  return await withTimeout(inspecting, { clock: monotonicClock, ms, late })
}
