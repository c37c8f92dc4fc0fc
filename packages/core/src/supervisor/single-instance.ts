import { renameSync, rmSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { teardownFailures } from '../provisioning/task-stack.ts'
import { createContext, type RunFolders } from './supervisor-context.ts'
import type { Lock } from '../recovery/lock.ts'
import type { System } from '../recovery/system.ts'
import type { SupervisorPaths } from '../protocol/paths.ts'
import { Supervisor } from './supervisor.ts'
import { removePaths } from '../recovery/sweep.ts'

/** What a supervisor's process offers it: a door for clients, a cord to whoever started it, and its own end. */
export interface ProcessHooks {
  /** Settles when the door is open, with the way to shut it, which takes its name away before it returns. Rejects where it cannot be opened. */
  listen(path: string, visit: (stream: Duplex) => void): Promise<() => void>
  /** Settles when whoever started this process is gone. */
  readonly parentExit: Promise<void>
  log(line: string): void
  end(code: number): void
}

// Milliseconds without any client, for a birth whose parent lives but never comes.
const FIRST_CLIENT_TIMEOUT_MS = 10_000

/** Becomes the supervisor of a place, and gives undefined when another one is. */
export async function superviseAlone(
  folders: RunFolders,
  machine: System,
  body: ProcessHooks,
): Promise<Supervisor | undefined> {
  const lock = machine.takeLock(folders.place.lock)
  if (!lock) return undefined
  let post: BoundSocket = { place: folders.place, lock, shut: () => {} }
  let shutting = false
  const supervisor: Supervisor = new Supervisor(
    createContext(
      folders,
      {
        shut(why) {
          shutting = true
          body.log(`down: ${why}`)
          // The socket's file goes at once, and the next run may start while this one is still undoing.
          release(post)
        },
        async move(to) {
          const next = machine.takeLock(to.lock)
          if (!next) return false
          const shut = await open(to, { body, visit }).catch(() => undefined)
          const old = post
          // The way down may have begun meanwhile: there is nobody to be found any more.
          if (!shut || shutting) {
            release({ place: to, lock: next, shut: shut ?? (() => {}) })
            return false
          }
          post = { place: to, lock: next, shut }
          rename(old.place.log, to.log)
          release(old)
          return true
        },
        forget(undone) {
          const failures = teardownFailures(undone)
          for (const failure of failures) body.log(failure)
          if (!failures.length) removePaths(post.place, machine)
        },
        done: (undone) => body.end(teardownFailures(undone).length ? 1 : 0),
      },
      machine,
    ),
  )
  const visit = (stream: Duplex): void => supervisor.connect(stream)
  post = { ...post, shut: await open(folders.place, { body, visit }) }
  const unvisited = (why: string): void => {
    if (!supervisor.visited) void supervisor.down(why)
  }
  // Birth cord: its end before the first connection means that whoever started us is gone.
  void body.parentExit.then(() => machine.clock.after(0, () => unvisited('nobody came')))
  machine.clock.after(FIRST_CLIENT_TIMEOUT_MS, () => unvisited('nobody came in time'))
  return supervisor
}

/** Where a supervisor is found. */
interface BoundSocket {
  readonly place: SupervisorPaths
  readonly lock: Lock
  shut(): void
}

async function open(
  { socket }: SupervisorPaths,
  { body, visit }: { readonly body: ProcessHooks; visit(stream: Duplex): void },
): Promise<() => void> {
  // Ours to remove: we hold the lock.
  if (process.platform !== 'win32') rmSync(socket, { force: true })
  return await body.listen(socket, visit)
}

function release({ shut, lock }: BoundSocket): void {
  shut()
  lock.release()
}

function rename(from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch {
    // Without a log there is nothing to take along.
  }
}
