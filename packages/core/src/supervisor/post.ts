import { rmSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import { keepHouse, type Folders } from './household.ts'
import type { Machine } from './machine.ts'
import { Supervisor } from './server.ts'
import { leave } from './sweep.ts'

/** What a supervisor's process offers it: a door for clients, a cord to whoever started it, and its own end. */
export interface Body {
  /** Settles when the door is open. Rejects where it cannot be opened. */
  listen(path: string, visit: (stream: Duplex) => void): Promise<void>
  /** Shuts the door and takes its name away before it returns. */
  shut(): void
  /** Settles when whoever started this process is gone. */
  readonly cord: Promise<void>
  log(line: string): void
  end(code: number): void
}

// Milliseconds without any client, for a birth whose parent lives but never comes.
const UNVISITED = 10_000

/** Becomes the supervisor of a place, and gives undefined when another one is. */
export async function takePost(folders: Folders, machine: Machine, body: Body): Promise<Supervisor | undefined> {
  const { place } = folders
  const lock = machine.takeLock(place.lock)
  if (!lock) return undefined
  const supervisor = new Supervisor(
    keepHouse(
      folders,
      {
        shut(why) {
          body.log(`down: ${why}`)
          // The socket's file goes at once, and the next run may start while this one is still undoing.
          body.shut()
          lock.release()
        },
        done(undone) {
          for (const { title, failure } of undone) if (failure !== undefined) body.log(`${title}: ${String(failure)}`)
          const clean = undone.every(({ failure }) => failure === undefined)
          if (clean) leave(place, machine)
          body.end(clean ? 0 : 1)
        },
      },
      machine,
    ),
  )
  // Ours to remove: we hold the lock.
  if (process.platform !== 'win32') rmSync(place.socket, { force: true })
  await body.listen(place.socket, (stream) => supervisor.connect(stream))
  const unvisited = (why: string): void => {
    if (!supervisor.visited) void supervisor.down(why)
  }
  // Birth cord: its end before the first connection means that whoever started us is gone.
  void body.cord.then(() => machine.clock.after(0, () => unvisited('nobody came')))
  machine.clock.after(UNVISITED, () => unvisited('nobody came in time'))
  return supervisor
}
