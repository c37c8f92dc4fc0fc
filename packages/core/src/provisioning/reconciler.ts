import { monotonicClock, abortable, withTimeout, type Clock } from '../provider-kit/clock.ts'
import { neededBy, servicesToStart, runsToItsEnd } from './plan-diff.ts'
import { withDetails, MoorageError } from '../contract/errors.ts'
import { redacted } from '../contract/plain-error.ts'
import { DependencyGates, type ConnectionViews } from './dependency-gates.ts'
import { healthProblem } from './health-check.ts'
import { TaskStack, type TeardownResult } from './task-stack.ts'
import { Sessions } from './placement.ts'
import type { ExecResult, LogLine, LogOptions, Unit } from '../contract/provider.ts'
import { Secrets } from './secrets.ts'
import type { ProvisionRequest } from '../protocol/run-request.ts'
import type { Connections } from '../protocol/run-status.ts'
import { viewsOf } from './start-service.ts'
import type { RunContext } from './run-context.ts'
import { enterPhase, type StartContext } from './start-context.ts'
import { startServices } from './start-services.ts'

// Milliseconds to read the last lines of a service.
const LOGS_TIMEOUT_MS = 10_000

/** A run, from a plan to connections, by way of other plans, and back to nothing. */
export class Reconciler {
  readonly #clock: Clock
  readonly #abort = new AbortController()
  readonly #over = new AbortController()
  readonly #places: Sessions
  readonly #shared: Omit<StartContext, 'plan' | 'placed'>
  #context: StartContext | undefined
  #turn: Promise<unknown> = Promise.resolve()

  constructor(around: RunContext) {
    this.#clock = around.clock ?? monotonicClock
    const lifecycle = new TaskStack(this.#clock)
    const secrets = new Secrets()
    const shared = {
      clock: this.#clock,
      onProgress: around.onProgress,
      lifecycle,
      secrets,
      abort: this.#abort,
      gates: new DependencyGates(),
      clocks: new Map(),
      running: new Map(),
    }
    this.#shared = shared
    this.#places = new Sessions({
      around,
      clock: this.#clock,
      lifecycle,
      signal: this.#abort.signal,
      redact: (text) => secrets.redact(text),
      phase: (service, phase, detail) => enterPhase(shared, service, [phase, detail]),
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
  apply(order: ProvisionRequest): Promise<Connections> {
    const turn = this.#turn.then(() => this.#bring(order))
    this.#turn = turn.catch(() => {})
    return turn
  }

  /** Aborts what is under way and undoes what there is. Never rejects. */
  async stop(reason = 'the run was stopped'): Promise<readonly TeardownResult[]> {
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
    return Object.fromEntries(
      [...this.#shared.running].map(([name, { unit }]) => [name, unit.inspect ?? `moorage logs ${name}`]),
    )
  }

  /** Why services that were ready are not any more, by name. */
  async healthProblems(): Promise<ReadonlyMap<string, string>> {
    const { plan } = this.#context ?? {}
    const asked = [...this.#shared.running].filter(([name]) => plan && !runsToItsEnd(plan.services, name))
    const found = await Promise.all(
      asked.map(
        async ([name, running]) =>
          [name, await healthProblem(name, running, { clock: this.#clock, signal: this.#over.signal })] as const,
      ),
    )
    return new Map(
      found.flatMap(([name, reason]) =>
        reason === undefined ? [] : [[name, this.#shared.secrets.redact(reason)] as const],
      ),
    )
  }

  /** The last lines of a service, secrets struck out. */
  async logs({ service, tail }: { readonly service: string; readonly tail: number }): Promise<readonly LogLine[]> {
    const lines: LogLine[] = []
    const enough = new AbortController()
    const late = (): never => {
      enough.abort()
      throw new MoorageError(
        'DEADLINE',
        `services.${service}: its log could not be read within ${LOGS_TIMEOUT_MS / 1000} s.`,
        { service, hint: 'See whether its engine hangs.' },
      )
    }
    await withTimeout(
      this.read(service, { tail, signal: enough.signal }, (line) => void lines.push(line)),
      { clock: this.#clock, ms: LOGS_TIMEOUT_MS, late },
    )
    return lines
  }

  /** Lines of a service, secrets struck out, until it has ended or the signal aborts. */
  async read(service: string, options: LogOptions, take: (line: LogLine) => void): Promise<void> {
    for await (const { stream, text } of this.#unit(service).logs(options))
      take({ stream, text: this.#shared.secrets.redact(text) })
  }

  async exec({
    service,
    command,
  }: {
    readonly service: string
    readonly command: readonly string[]
  }): Promise<ExecResult> {
    const unit = this.#unit(service)
    if (unit.exec) return await unit.exec(command, this.#over.signal)
    throw new MoorageError('OPTION_UNSUPPORTED', `services.${service}: its provider cannot run commands inside it.`, {
      service,
    })
  }

  #unit(service: string): Unit {
    const { running } = this.#shared
    const found = running.get(service)
    if (found) return found.unit
    throw new MoorageError('USAGE', `services.${service} does not run here.`, {
      service,
      hint: `These do: ${[...running.keys()].join(', ') || 'none'}.`,
    })
  }

  async #bring(order: ProvisionRequest): Promise<Connections> {
    const first = this.#context === undefined
    let touched = first
    try {
      const placed = await abortable(this.#places.find(order), this.#abort.signal)
      const before = this.#context?.plan.services ?? {}
      const { services } = order.plan
      const ill = await this.healthProblems()
      for (const [name, reason] of ill)
        this.#shared.onProgress({ kind: 'notice', text: `services.${name} ${reason}: it starts again.` })
      const starting = servicesToStart(before, services, new Set(ill.keys()))
      touched = true
      await this.#takeDown(
        [...starting, ...Object.keys(before).filter((name) => !services[name])].filter((name) => before[name]),
      )
      this.#context = { ...this.#shared, plan: order.plan, placed }
      const needed = neededBy(services, starting)
      await this.#show(this.#context, needed)
      await startServices(this.#context, [...starting, ...needed.filter((name) => services[name]?.given !== undefined)])
      return Object.fromEntries(
        Object.keys(services).map((name) => [name, (this.#shared.gates.views(name) as ConnectionViews).host]),
      )
    } catch (error) {
      if (!touched && !this.broken) throw this.#redacted(error)
      this.#abort.abort(error)
      if (order.keep !== undefined) throw this.#redacted(error)
      if (!first)
        this.#shared.onProgress({
          kind: 'notice',
          text: 'The run could not be changed, and is taken down whole, its data with it: the next start makes it anew.',
        })
      const undone = await this.stop('another service failed')
      const failed = undone.filter(({ failure }) => failure !== undefined)
      const hint = failed
        .map(({ title, failure }) => `Also, ${title} could not be undone: ${String(failure)}.`)
        .join('\n')
      throw this.#redacted(hint ? withDetails(error, 'START_FAILED', { hint }) : error)
    }
  }

  /** What cannot be taken down would be in the way of its successor: then the run is over. */
  async #takeDown(names: readonly string[]): Promise<void> {
    if (!names.length) return
    const undone = await this.#shared.lifecycle.undo(new Set(names.map((name) => `services.${name}`)))
    const left = undone.find(({ failure }) => failure !== undefined)
    if (left) {
      const error = new MoorageError(
        'START_FAILED',
        `${left.title} could not be taken down to start anew: ${String(left.failure)}.`,
      )
      this.#abort.abort(error)
      throw error
    }
    for (const name of names) {
      this.#shared.running.delete(name)
      this.#shared.gates.reset(name)
    }
  }

  /** What starts anew needs these: from where it is, their address may not have been asked for until now. */
  async #show(context: StartContext, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const running = context.running.get(name)
      if (running) context.gates.resolve(name, 'ready', await viewsOf(context, name, running))
    }
  }

  #redacted(error: unknown): MoorageError {
    return redacted(withDetails(error, 'START_FAILED', {}), (text) => this.#shared.secrets.redact(text))
  }
}
