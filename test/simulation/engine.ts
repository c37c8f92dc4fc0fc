import type { Json, Owner } from '@moorage/core'
import type { Faults } from './faults.ts'
import type { Host, Process } from './machine.ts'

/** What the engine holds. Without an owner only a journal can say whose it is. */
export interface Thing {
  readonly run: string
  readonly owner?: Owner
  /** Not of this product's making: it has to be there at the end. */
  readonly foreign?: boolean
  refusals: number
}

/** An engine in memory that answers late, wrongly or never, as its seed decides. */
export class Engine {
  readonly host: Host
  readonly things = new Map<string, Thing>()
  readonly violations: string[] = []
  readonly trace: string[] = []
  /** What has been met with, for the count of all worlds. */
  readonly met: string[] = []
  faults: Faults

  constructor(host: Host, faults: Faults) {
    this.host = host
    this.faults = faults
  }

  note(line: string): void {
    this.trace.push(`${this.host.schedule.now.toFixed(1).padStart(10)}  ${line}`)
  }

  violated(what: string): void {
    this.note(`VIOLATED: ${what}`)
    this.violations.push(what)
  }

  /** A request of a process. What a dead one asked for happens only where engines are like that. */
  async request<T>(process: Process, title: string, effect: () => T): Promise<T> {
    const { schedule } = this.host
    const { chance } = schedule
    const { fails, slow, hangs, labelled } = this.faults
    const answer = Promise.withResolvers<T>()
    if (!process.alive) return await answer.promise
    const [hung, early] = [chance.yes(hangs), chance.yes(0.5)]
    const failure = chance.yes(fails) ? new RangeError(`${title}: the engine failed`) : undefined
    const late = chance.yes(slow)
    if (late) this.met.push('slow engine')
    const takes = late ? chance.between(1_000, 100_000) : chance.between(0, 30)
    schedule.at(schedule.now + takes * chance.next(), labelled ? undefined : process, () => {
      if (hung && early) return
      let settle = (): void => answer.reject(failure)
      if (!failure || early) {
        try {
          const value = effect()
          if (!failure) settle = () => answer.resolve(value)
        } catch (error) {
          settle = () => answer.reject(error)
        }
      }
      if (hung) return
      schedule.at(schedule.now + takes * chance.next(), process, settle)
    })
    return await answer.promise
  }

  create(id: string, thing: Omit<Thing, 'refusals'>): void {
    const { chance } = this.host.schedule
    this.note(`engine: ${id} is there`)
    if (this.things.has(id)) throw new RangeError(`${id} is there already`)
    this.things.set(id, { ...thing, refusals: chance.yes(this.faults.refused) ? 1 + chance.below(3) : 0 })
  }

  /** `run`: whose own the deletion is; none when it is a sweep's. */
  remove(id: string, by: Process, run?: string): void {
    const thing = this.things.get(id)
    if (!thing) return
    if (thing.foreign) this.violated(`foreign ${id} was deleted`)
    if (run !== undefined && thing.run !== run) this.violated(`${id} was deleted by another run, ${run}`)
    const maker = thing.owner ?? this.#makers.get(thing.run)
    if (run === undefined && maker !== by.owner && this.host.lives(maker))
      this.violated(`${id} was reaped while its owner lives`)
    if (thing.refusals > 0) {
      thing.refusals -= 1
      this.note(`engine: deletion of ${id} refused`)
      this.met.push('refused deletion')
      throw new RangeError(`deletion of ${id} is refused`)
    }
    this.things.delete(id)
    this.note(`engine: ${id} is gone`)
  }

  // The truth about who made what, labelled or not.
  readonly #makers = new Map<string, Owner>()

  madeBy(run: string, owner: Owner): void {
    this.#makers.set(run, owner)
  }
}

export function idIn(entry: Json): string {
  return (entry as { readonly id: string }).id
}
