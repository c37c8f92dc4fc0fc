import { renameSync, rmSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import type { RunFolders, SupervisorPaths } from '../protocol/paths.ts'
import { teardownFailures } from '../provisioning/task-stack.ts'
import type { ProcessLock } from '../recovery/process-lock.ts'
import { removePaths } from '../recovery/sweep.ts'
import type { System } from '../recovery/system.ts'
import { createContext } from './supervisor-context.ts'
import { Supervisor } from './supervisor.ts'

/** What a supervisor needs of its process. */
export interface ProcessHooks {
  /** Resolves when the socket accepts clients. The result closes it, and removes its file before it returns. */
  listen(path: string, onConnection: (stream: Duplex) => void): Promise<() => void>
  /** Settles when the process that started this one has exited. */
  readonly parentExit: Promise<void>
  log(line: string): void
  exit(code: number): void
}

// For a parent that is alive but never connects.
const FIRST_CLIENT_TIMEOUT_MS = 10_000

/**
 * Starts the supervisor of these paths, or gives undefined where one is running. Throws MoorageError
 * (SUPERVISOR_FAILED) where the lock or the journal cannot be written, and rejects with what `listen` throws.
 */
export async function startSingleInstance(
  folders: RunFolders,
  system: System,
  hooks: ProcessHooks,
): Promise<Supervisor | undefined> {
  const lock = system.takeLock(folders.paths.lock)
  if (!lock) return undefined
  let bound: BoundSocket = { paths: folders.paths, lock, close: () => {} }
  let stopped = false
  const listen = (paths: SupervisorPaths): Promise<() => void> => {
    // A dead supervisor's socket: the lock says that no living one uses it.
    if (process.platform !== 'win32') rmSync(paths.socket, { force: true })
    return hooks.listen(paths.socket, (stream) => supervisor.connect(stream))
  }
  const context = createContext(
    folders,
    {
      stopListening(reason) {
        stopped = true
        hooks.log(`shutting down: ${reason}`)
        // The next run may start while this one is still being torn down.
        release(bound)
      },
      async move(paths) {
        const nextLock = system.takeLock(paths.lock)
        if (!nextLock) return false
        const close = await listen(paths).catch(() => undefined)
        const next: BoundSocket = { paths, lock: nextLock, close: close ?? (() => {}) }
        // The shutdown may have begun meanwhile.
        if (!close || stopped) {
          release(next)
          return false
        }
        const previous = bound
        bound = next
        moveLog(previous.paths, paths)
        release(previous)
        return true
      },
      forgetRun(results) {
        const failures = teardownFailures(results)
        for (const failure of failures) hooks.log(failure)
        if (!failures.length) removePaths(bound.paths, system)
      },
      exit: (results) => hooks.exit(teardownFailures(results).length ? 1 : 0),
    },
    system,
  )
  hooks.log('started')
  const supervisor = new Supervisor(context)
  bound = { ...bound, close: await listen(folders.paths) }
  const shutDownUnlessContacted = (reason: string): void => {
    if (!supervisor.contacted) void supervisor.shutDown(reason)
  }
  void hooks.parentExit.then(() => {
    system.clock.after(0, () => shutDownUnlessContacted('the client that started it exited before it connected'))
  })
  system.clock.after(FIRST_CLIENT_TIMEOUT_MS, () =>
    shutDownUnlessContacted(`no client connected within ${FIRST_CLIENT_TIMEOUT_MS / 1000} s`),
  )
  return supervisor
}

/** The lock and the socket by which clients find a supervisor. */
interface BoundSocket {
  readonly paths: SupervisorPaths
  readonly lock: ProcessLock
  close(): void
}

function release({ close, lock }: BoundSocket): void {
  close()
  lock.release()
}

function moveLog(from: SupervisorPaths, to: SupervisorPaths): void {
  try {
    renameSync(from.log, to.log)
  } catch {
    // An inline or simulated supervisor has no log.
  }
}
