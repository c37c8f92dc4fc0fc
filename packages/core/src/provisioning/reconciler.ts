import { monotonic, orAborted, within, type Clock } from '../provider-kit/clock.ts'
import { neededBy, outdated, runsToItsEnd } from './plan-diff.ts'
import { enrich, MoorageError, redacted } from '../contract/errors.ts'
import { Gates, type Seen } from './dependency-gates.ts'
import { ailmentOf } from './health-check.ts'
import { Lifecycle, type Undone } from './task-stack.ts'
import { Places } from './placement.ts'
import type { Plan } from '../config/plan.ts'
import type { Tell } from '../contract/progress.ts'
import type { ExecResult, LogLine, LogOptions, Provider, ProviderRef, Report, Run, Unit } from '../contract/provider.ts'
import { Secrets } from './secrets.ts'
import type { Candidates } from './select-provider.ts'
import type { PlainConnection } from '../contract/service.ts'
import { viewsOf } from './start-service.ts'
import { enterPhase, startAll, type StartContext } from './start-services.ts'

/** What a client asks the supervisor for. */
export interface Order {
  readonly plan: Plan
  readonly candidates: Candidates
  /** Runs what is placed on the host, whatever the provider. */
  readonly host: ProviderRef
  /** Milliseconds that services stay when a start or the tests have failed. */
  readonly keep?: number
}

/** What the supervisor lends to a run. */
export interface Surroundings {
  /** Default: the real one. */
  readonly clock?: Clock
  readonly run: Run
  load(ref: ProviderRef): Promise<Provider>
  tell: Tell
  /** Durable when it returns. */
  journal(ref: ProviderRef, entry: Parameters<Report['journal']>[0]): void
}

export type Connections = { readonly [service: string]: PlainConnection }

// Milliseconds to read the last lines of a service.
const LOGS = 10_000

/** A run, from a plan to connections, by way of other plans, and back to nothing. */
export class Provisioning {
  readonly #clock: Clock
  readonly #abort = new AbortController()
  readonly #over = new AbortController()
  readonly #places: Places
  readonly #shared: Omit<StartContext, 'plan' | 'placed'>
  #context: StartContext | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(around: Surroundings) {
    this.#clock = around.clock ?? monotonic
    const lifecycle = new Lifecycle(this.#clock)
    const secrets = new Secrets()
    const shared = { clock: this.#clock, tell: around.tell, lifecycle, secrets, abort: this.#abort, gates: new Gates(), clocks: new Map(), running: new Map() }
    this.#shared = shared
    this.#places = new Places({
      around, clock: this.#clock, lifecycle, signal: this.#abort.signal, redact: (text) => secrets.redact(text), phase: (service, phase, detail) => enterPhase(shared, service, [phase, detail]),
    })
  }

  /** A start has failed, or the way down has begun: nothing more can be started here. */
  get broken(): boolean {
    return this.#abort.signal.aborted
  }

  /**
   * Brings the run to what an order says: what is new, has changed or has died starts, with whatever needs it, and the
   * rest stays as it is. When it rejects, either nothing was touched, or the run is `broken`: then everything is undone
   * already, unless the order says to keep it.
   */
  bring(order: Order): Promise<Connections> {
    const turn = this.#turn.then(() => this.#bring(order))
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Aborts what is under way and undoes what there is. Never rejects. */
  async stop(reason = 'the run was stopped'): Promise<readonly Undone[]> {
    this.#abort.abort(new MoorageError('ABORTED', `Stopped while services were starting: ${reason}.`))
    this.#over.abort(this.#abort.signal.reason)
    return await this.#shared.lifecycle.unwind()
  }

  /** The run stays for so many milliseconds without anybody's help, where its engine can do that. */
  async keep(ms: number): Promise<void> {
    await Promise.all(this.#places.sessions.map((session) => session.keep?.(ms)))
  }

  /** What runs, and how a person looks at it. */
  get inspections(): { readonly [service: string]: string } {
    return Object.fromEntries([...this.#shared.running].map(([name, { unit }]) => [name, unit.inspect ?? `moorage logs ${name}`]))
  }

  /** Why services that were ready are not any more, by name. */
  async ailments(): Promise<ReadonlyMap<string, string>> {
    const { plan } = this.#context ?? {}
    const asked = [...this.#shared.running].filter(([name]) => plan && !runsToItsEnd(plan.services, name))
    const found = await Promise.all(asked.map(async ([name, running]) => [name, await ailmentOf(name, running, { clock: this.#clock, signal: this.#over.signal })] as const))
    return new Map(found.flatMap(([name, reason]) => (reason === undefined ? [] : [[name, this.#shared.secrets.redact(reason)] as const])))
  }

  /** The last lines of a service, secrets struck out. */
  async logs({ service, tail }: { readonly service: string; readonly tail: number }): Promise<readonly LogLine[]> {
    const lines: LogLine[] = []
    const enough = new AbortController()
    const late = (): never => {
      enough.abort()
      throw new MoorageError('DEADLINE', `services.${service}: its log could not be read within ${LOGS / 1000} s.`, { service, hint: 'See whether its engine hangs.' })
    }
    await within(this.read(service, { tail, signal: enough.signal }, (line) => void lines.push(line)), { clock: this.#clock, ms: LOGS, late })
    return lines
  }

  /** Lines of a service, secrets struck out, until it has ended or the signal aborts. */
  async read(service: string, options: LogOptions, take: (line: LogLine) => void): Promise<void> {
    for await (const { stream, text } of this.#unit(service).logs(options)) take({ stream, text: this.#shared.secrets.redact(text) })
  }

  async exec({ service, command }: { readonly service: string; readonly command: readonly string[] }): Promise<ExecResult> {
    const unit = this.#unit(service)
    if (unit.exec) return await unit.exec(command, this.#over.signal)
    throw new MoorageError('OPTION_UNSUPPORTED', `services.${service}: its provider cannot run commands inside it.`, { service })
  }

  #unit(service: string): Unit {
    const { running } = this.#shared
    const found = running.get(service)
    if (found) return found.unit
    throw new MoorageError('USAGE', `services.${service} does not run here.`, { service, hint: `These do: ${[...running.keys()].join(', ') || 'none'}.` })
  }

  async #bring(order: Order): Promise<Connections> {
    const first = this.#context === undefined
    let touched = first
    try {
      const placed = await orAborted(this.#places.find(order), this.#abort.signal)
      const before = this.#context?.plan.services ?? {}
      const { services } = order.plan
      const ill = await this.ailments()
      for (const [name, reason] of ill) this.#shared.tell({ kind: 'notice', text: `services.${name} ${reason}: it starts again.` })
      const starting = outdated(before, services, new Set(ill.keys()))
      touched = true
      await this.#takeDown([...starting, ...Object.keys(before).filter((name) => !services[name])].filter((name) => before[name]))
      this.#context = { ...this.#shared, plan: order.plan, placed }
      const needed = neededBy(services, starting)
      await this.#show(this.#context, needed)
      await startAll(this.#context, [...starting, ...needed.filter((name) => services[name]?.given !== undefined)])
      return Object.fromEntries(Object.keys(services).map((name) => [name, (this.#shared.gates.seen(name) as Seen).host]))
    } catch (error) {
      if (!touched && !this.broken) throw this.#redacted(error)
      this.#abort.abort(error)
      if (order.keep !== undefined) throw this.#redacted(error)
      if (!first) this.#shared.tell({ kind: 'notice', text: 'The run could not be changed, and is taken down whole, its data with it: the next start makes it anew.' })
      const undone = await this.stop('another service failed')
      const failed = undone.filter(({ failure }) => failure !== undefined)
      const hint = failed.map(({ title, failure }) => `Also, ${title} could not be undone: ${String(failure)}.`).join('\n')
      throw this.#redacted(hint ? enrich(error, 'START_FAILED', { hint }) : error)
    }
  }

  /** What cannot be taken down would be in the way of its successor: then the run is over. */
  async #takeDown(names: readonly string[]): Promise<void> {
    if (!names.length) return
    const undone = await this.#shared.lifecycle.undo(new Set(names.map((name) => `services.${name}`)))
    const left = undone.find(({ failure }) => failure !== undefined)
    if (left) {
      const error = new MoorageError('START_FAILED', `${left.title} could not be taken down to start anew: ${String(left.failure)}.`)
      this.#abort.abort(error)
      throw error
    }
    for (const name of names) {
      this.#shared.running.delete(name)
      this.#shared.gates.shut(name)
    }
  }

  /** What starts anew needs these: from where it is, their address may not have been asked for until now. */
  async #show(context: StartContext, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const running = context.running.get(name)
      if (running) context.gates.open(name, 'ready', await viewsOf(context, name, running))
    }
  }

  #redacted(error: unknown): MoorageError {
    return redacted(enrich(error, 'START_FAILED', {}), (text) => this.#shared.secrets.redact(text))
  }
}
