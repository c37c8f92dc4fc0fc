import { existsSync, rmSync, writeFileSync } from 'node:fs'
import type { Duplex } from 'node:stream'
import type { Owner, Provider } from '@moorage/core'
import type { RunFolders } from '../../packages/core/src/protocol/paths.ts'
import type { System } from '../../packages/core/src/recovery/system.ts'
import type { Actor, Schedule } from './schedule.ts'
import { wire, type Wire } from './wire.ts'

/** A process that exists only here: it owns locks, connections and a place in the order of events. */
export class Process implements Actor {
  alive = true
  /** When it ended. */
  ended = Infinity
  stoppedUntil = 0
  readonly owner: Owner
  readonly kind: 'client' | 'supervisor' | 'recovery'
  readonly wires: Wire[] = []
  readonly end: PromiseWithResolvers<void> = Promise.withResolvers()
  /** A supervisor that has begun to go down starts nothing more. */
  goesDown = false

  constructor(kind: Process['kind'], owner: Owner) {
    this.kind = kind
    this.owner = owner
  }

  /** As SIGKILL does: no code of its own runs any more, and the kernel lets go of what it held. */
  kill(now: number): void {
    if (!this.alive) return
    this.alive = false
    this.ended = now
    for (const { cut } of this.wires) cut()
    this.end.resolve()
  }
}

interface Door {
  readonly process: Process
  visit(stream: Duplex): void
}

/** What processes share: their numbers, locks and sockets. */
export class Host {
  readonly schedule: Schedule
  readonly folders: RunFolders
  readonly processes: Process[] = []
  /** Called when a client has got through to a supervisor. */
  onVisit: (supervisor: Process) => void = () => {}
  readonly #locks = new Map<string, Process>()
  readonly #doors = new Map<string, Door>()

  constructor(schedule: Schedule, folders: RunFolders) {
    this.schedule = schedule
    this.folders = folders
  }

  spawn(kind: Process['kind']): Process {
    const { chance } = this.schedule
    const dead = this.processes.filter(({ alive }) => !alive)
    // Numbers come again.
    const pid = dead.length && chance.yes(0.5) ? chance.pick(dead).owner.pid : 100 + this.processes.length
    const free = this.processes.every((other) => !other.alive || other.owner.pid !== pid)
    const process = new Process(kind, {
      host: 'host',
      pid: free ? pid : 100 + this.processes.length,
      started: this.processes.length + 1,
    })
    this.processes.push(process)
    return process
  }

  lives(owner: Owner | undefined): boolean {
    return this.processes.some(
      ({ alive, owner: other }) => alive && other.pid === owner?.pid && other.started === owner.started,
    )
  }

  machineOf(process: Process, load: () => Promise<Provider>): System {
    return {
      clock: this.schedule.clockOf(process),
      owner: process.owner,
      isAlive: (owner) => this.lives(owner),
      takeLock: (path) => {
        if (!process.alive || this.#locks.get(path)?.alive) return undefined
        this.#locks.set(path, process)
        return { release: () => void (process.alive && this.#locks.get(path) === process && this.#locks.delete(path)) }
      },
      loadProvider: load,
    }
  }

  /** The socket's file is a real one: a process that removes it makes the supervisor unreachable for all. */
  listen(process: Process, path: string, visit: Door['visit']): void {
    if (existsSync(path)) throw new RangeError(`EADDRINUSE ${path}`)
    writeFileSync(path, '')
    this.#doors.set(path, { process, visit })
  }

  shut(process: Process, path: string): void {
    if (this.#doors.get(path)?.process !== process) return
    this.#doors.delete(path)
    rmSync(path, { force: true })
  }

  /** One of its doors is open. */
  receives(process: Process): boolean {
    return [...this.#doors.values()].some((door) => door.process === process)
  }

  async dial(process: Process, path: string): Promise<Duplex | undefined> {
    await this.pause(process)
    const door = existsSync(path) ? this.#doors.get(path) : undefined
    if (!door?.process.alive) return undefined
    const [ours, theirs] = wire(this.schedule, process, door.process)
    process.wires.push(ours)
    door.process.wires.push(theirs)
    // The kernel accepts at once; the process when it gets to it.
    this.schedule.at(this.schedule.now + this.schedule.chance.next(), door.process, () => door.visit(theirs.stream))
    this.onVisit(door.process)
    return ours.stream
  }

  /** A moment that a process waits for the kernel. */
  pause(process: Process, most = 3): Promise<void> {
    return new Promise(
      (done) => void this.schedule.at(this.schedule.now + this.schedule.chance.next() * most, process, done),
    )
  }
}
