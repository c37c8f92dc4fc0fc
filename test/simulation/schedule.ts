import type { Clock } from '../../packages/core/src/provider-kit/clock.ts'

/** A stream of numbers in [0, 1) that its seed decides: mulberry32, by Tommy Ettinger, public domain. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let t = this.#state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  /** True in `share` of all cases. */
  yes(share: number): boolean {
    return this.next() < share
  }

  between(from: number, to: number): number {
    return from + this.next() * (to - from)
  }

  below(n: number): number {
    return Math.floor(this.next() * n)
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T
  }
}

/** Whoever runs code: nothing that is dead runs again, and what is stopped runs later. */
export interface Actor {
  readonly alive: boolean
  readonly stoppedUntil: number
}

interface Event {
  readonly due: number
  readonly actor: Actor | undefined
  run(): void
}

/** One event after the other, on a clock that only they move; equal seeds give equal orders. */
export class Schedule {
  readonly chance: Chance
  now = 0
  #events: Event[] = []

  constructor(chance: Chance) {
    this.chance = chance
  }

  /** Without an actor it happens in any case: what an engine, or a kernel, does by itself. */
  at(due: number, actor: Actor | undefined, run: () => void): () => void {
    const event: Event = { due, actor, run }
    this.#events.push(event)
    return () => void (this.#events = this.#events.filter((other) => other !== event))
  }

  /** Until nothing is left to happen, or the time is over. Gives whether nothing is left. */
  async run(until: number): Promise<boolean> {
    for (;;) {
      await settled()
      const next = this.#events.reduce<Event | undefined>(
        (first, event) => (first && first.due <= event.due ? first : event),
        undefined,
      )
      if (!next) return true
      if (next.due > until) return false
      this.#events.splice(this.#events.indexOf(next), 1)
      this.now = Math.max(this.now, next.due)
      const { actor } = next
      if (actor && !actor.alive) continue
      if (actor && actor.stoppedUntil > this.now)
        this.at(actor.stoppedUntil + this.chance.next(), actor, () => next.run())
      else next.run()
    }
  }

  /** The clock of one process: it is not called back the moment a timer is due. */
  clockOf(actor: Actor): Clock {
    return {
      now: () => this.now,
      after: (ms, then) => (actor.alive ? this.at(this.now + ms + this.chance.next() * 2, actor, then) : () => {}),
    }
  }
}

/** Every promise that can go on has gone on, and every stream has passed on what it has. */
function settled(): Promise<void> {
  return new Promise((done) => void setImmediate(done))
}
