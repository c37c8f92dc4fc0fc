import { Duplex } from 'node:stream'
import type { Actor, Schedule } from './schedule.ts'

/** One end of a connection between two processes. Both directions keep their order, and take their time. */
class End extends Duplex {
  readonly #schedule: Schedule
  readonly #here: Actor
  peer: End | undefined
  #last = 0
  #ended = false

  constructor(schedule: Schedule, here: Actor) {
    super()
    this.#schedule = schedule
    this.#here = here
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    if (this.#here.alive) this.#send(chunk)
    done()
  }

  override _final(done: () => void): void {
    if (this.#here.alive) this.#send(null)
    done()
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.cut()
    done(error)
  }

  /** The kernel closes it: its process ended, or let go of it. What was written before still arrives. */
  cut(): void {
    this.#send(null)
  }

  #send(chunk: Buffer | null): void {
    const { peer } = this
    if (!peer) return
    const { chance, now } = this.#schedule
    this.#last = Math.max(this.#last + 0.001, now + chance.next() * 3)
    this.#schedule.at(this.#last, peer.#here, () => peer.#receive(chunk))
  }

  #receive(chunk: Buffer | null): void {
    if (this.#ended || this.destroyed) return
    this.#ended = chunk === null
    this.push(chunk)
  }
}

export interface Wire {
  readonly stream: Duplex
  cut(): void
}

export function wire(schedule: Schedule, one: Actor, other: Actor): readonly [Wire, Wire] {
  const [a, b] = [new End(schedule, one), new End(schedule, other)]
  a.peer = b
  b.peer = a
  return [
    { stream: a, cut: () => a.cut() },
    { stream: b, cut: () => b.cut() },
  ]
}
