import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Owner, ProviderRef, Run } from '@moorage/core'
import { monotonicClock } from '../../packages/core/src/provider-kit/clock.ts'
import { openJournal, type Journal } from '../../packages/core/src/recovery/journal.ts'
import type { System } from '../../packages/core/src/recovery/system.ts'
import { shortHash, supervisorPaths } from '../../packages/core/src/protocol/paths.ts'
import { sweep } from '../../packages/core/src/recovery/sweep.ts'
import type { Engine, Lie } from './engine.ts'

/** One step of a world. `n` chooses a run among those that there are. */
export type Step =
  | { readonly do: 'start' | 'end' | 'kill' | 'lose'; readonly n: number }
  | { readonly do: 'foreign'; readonly n: number; readonly lie: Lie }
  | { readonly do: 'refuse' | 'replace'; readonly n: number }
  | { readonly do: 'sweep' | 'gc' | 'two at once' | 'an hour' }

interface Life {
  readonly run: Run
  readonly journal: Journal
  state: 'lives' | 'killed' | 'lost' | 'ended'
}

const REF: ProviderRef = { name: 'engine', module: 'ownership:engine', options: {} }
const NEIGHBOUR: Owner = { host: 'here', pid: 7, started: 7 }

/**
 * Runs that come, end and die on this machine and on others, beside what is not ours; core's sweep, a provider's reap.
 */
export class OwnershipWorld implements Disposable {
  readonly #engine: Engine
  readonly #folder = mkdtempSync(join(tmpdir(), 'ownership-run-'))
  readonly #lives: Life[] = []
  readonly #foreign = new Set<string>()
  #last = 0

  constructor(engine: Engine) {
    this.#engine = engine
  }

  async take(step: Step): Promise<void> {
    switch (step.do) {
      case 'start':
        return this.#start()
      case 'end':
        return this.#end(step.n)
      case 'kill':
        return this.#change(step.n, 'killed')
      case 'lose':
        return this.#change(step.n, 'lost')
      case 'foreign':
        return this.#addForeign(step.n, step.lie)
      case 'refuse':
        return this.#engine.refuse(1 + (step.n % 3))
      case 'replace':
        return this.#engine.replaceNext?.()
      case 'sweep':
        return await this.#sweep([])
      case 'gc':
        return await this.#sweep([REF])
      case 'two at once':
        return void (await Promise.all([this.#sweep([REF]), this.#sweep([])]))
      case 'an hour':
        return this.#engine.later(this.#living())
    }
  }

  /** What is broken of the promise; nothing, if all is well. */
  wrongs(): readonly string[] {
    const there = new Set(this.#engine.ids())
    const foreign = [...this.#foreign, ...(this.#engine.replaced ?? [])]
      .filter((id) => !there.has(id))
      .map((id) => `foreign ${id} was deleted`)
    const living = this.#lives
      .filter(({ state, run }) => state === 'lives' && !this.#engine.idsOf(run).length)
      .map(({ run }) => `${run.id} lives, and was reaped`)
    return [...foreign, ...living]
  }

  /** The engine is well again, time goes by, and there are two sweeps. */
  async leftovers(): Promise<readonly string[]> {
    this.#engine.refuse(0)
    this.#engine.later(this.#living())
    for (let n = 0; n < 2; n++) await this.#sweep([REF])
    const expired = this.#lives.filter(
      ({ state }) => state === 'killed' || state === 'ended' || (state === 'lost' && this.#engine.expires),
    )
    const left = expired.flatMap(({ run, state }) =>
      this.#engine.idsOf(run).map((id) => `${id} of ${run.id}, which is ${state}, survived two sweeps`),
    )
    const journals = readdirSync(this.#folder).length - this.#lives.filter(({ state }) => state === 'lives').length
    return journals ? [...left, `${journals} journals too many`] : left
  }

  [Symbol.dispose](): void {
    for (const { journal, state } of this.#lives) if (state === 'lives' || state === 'killed') journal.remove()
    rmSync(this.#folder, { recursive: true, force: true })
    this.#engine.close?.()
  }

  #start(): void {
    const started = ++this.#last
    // Numbers come again.
    const owner: Owner = { host: 'here', pid: 100 + (started % 3), started }
    const run: Run = {
      id: `dev-${started}`,
      labels: { 'moorage.run': `dev-${started}` },
      owner,
      root: '/',
      cache: this.#folder,
    }
    const journal = openJournal(supervisorPaths(shortHash([run.id]), this.#folder), owner)
    journal.recordRun(run.id, { root: run.root, family: 'here' })
    for (const entry of this.#engine.make(run)) journal.recordEntry(REF, entry)
    this.#lives.push({ run, journal, state: 'lives' })
  }

  #end(n: number): void {
    const life = this.#nth(n)
    if (!life) return
    this.#engine.remove(life.run)
    life.journal.remove()
    life.state = 'ended'
  }

  #change(n: number, state: 'killed' | 'lost'): void {
    const life = this.#nth(n)
    if (!life) return
    // Its machine is gone, and the journal with it.
    if (state === 'lost') life.journal.remove()
    life.state = state
  }

  #addForeign(n: number, lie: Lie): void {
    const life = this.#lives[n % (this.#lives.length || 1)]
    const like = life?.run ?? {
      id: 'dev-0',
      labels: {},
      owner: { host: 'here', pid: 1, started: 1 },
      root: '/',
      cache: '/',
    }
    const id = this.#engine.addForeign({ lie, like, lives: life?.state === 'lives', neighbour: NEIGHBOUR })
    if (id !== undefined) this.#foreign.add(id)
  }

  async #sweep(also: readonly ProviderRef[]): Promise<void> {
    const { reap } = this.#engine
    const provider = { name: 'engine', form: 'container', reap: reap.bind(this.#engine) } as never
    await sweep(this.#folder, also, { system: this.#system(), load: () => Promise.resolve(provider) })
  }

  #system(): System {
    const owner: Owner = { host: 'here', pid: 1, started: 0 }
    return {
      clock: monotonicClock,
      owner,
      isAlive: (other) => this.#alive(other),
      takeLock: () => ({ release: () => {} }),
      loadProvider: () => Promise.reject(new RangeError('unused')),
    }
  }

  /** As core judges it: who is elsewhere cannot be judged, and counts as alive. */
  #alive(owner: Owner): boolean {
    if (owner.host !== 'here') return true
    const life = this.#lives.find(({ run }) => run.owner.started === owner.started && run.owner.pid === owner.pid)
    return life
      ? life.state === 'lives' || life.state === 'lost'
      : owner.started === NEIGHBOUR.started && owner.pid === NEIGHBOUR.pid
  }

  #living(): readonly Run[] {
    return this.#lives.filter(({ state }) => state === 'lives').map(({ run }) => run)
  }

  #nth(n: number): Life | undefined {
    const living = this.#lives.filter(({ state }) => state === 'lives')
    return living[n % (living.length || 1)]
  }
}
