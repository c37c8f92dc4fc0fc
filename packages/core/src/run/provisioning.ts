import { isDeepStrictEqual } from 'node:util'
import { monotonic, orAborted, within, type Clock } from '../clock.ts'
import { enrich, MoorageError, redacted } from '../errors.ts'
import { Gates } from './gates.ts'
import { checkReach } from './host-access.ts'
import type { Json } from '../json.ts'
import { Lifecycle, type Undone } from './lifecycle.ts'
import type { Plan, PlannedService } from '../config/plan.ts'
import type { Tell } from './progress.ts'
import type { ExecResult, LogLine, Problem, Provider, ProviderRef, Report, Run, Session, Unit } from '../provider.ts'
import { Secrets } from './secrets.ts'
import { chooseProvider, type Candidates } from './selection.ts'
import type { PlainConnection } from '../service.ts'
import { enterPhase, startAll, type Placed, type StartContext } from './starting.ts'

/** What a client asks the supervisor for. */
export interface Order {
  readonly plan: Plan
  readonly candidates: Candidates
  /** Runs what is placed on the host, whatever the provider. */
  readonly host: ProviderRef
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

// Milliseconds for a session to open: a network, a namespace. No service's clock runs yet.
const OPEN = 120_000
// Milliseconds to read the last lines of a service.
const LOGS = 10_000

/** A run, from a plan to connections and back to nothing. */
export class Provisioning {
  readonly #order: Order
  readonly #around: Surroundings
  readonly #clock: Clock
  readonly #lifecycle: Lifecycle
  readonly #abort = new AbortController()
  readonly #secrets = new Secrets()
  readonly #units = new Map<string, Unit>()
  #started: Promise<Connections> | undefined

  constructor(order: Order, around: Surroundings) {
    this.#order = order
    this.#around = around
    this.#clock = around.clock ?? monotonic
    this.#lifecycle = new Lifecycle(this.#clock)
  }

  /** Later calls join the first. When it rejects, everything is undone already. */
  start(): Promise<Connections> {
    return (this.#started ??= this.#start())
  }

  /** Aborts what is under way and undoes what there is. Never rejects. */
  async stop(reason = 'the run was stopped'): Promise<readonly Undone[]> {
    this.#abort.abort(new MoorageError('ABORTED', `Stopped while services were starting: ${reason}.`))
    return await this.#lifecycle.unwind()
  }

  /** The last lines of a service, secrets struck out. */
  async logs({ service, tail }: { readonly service: string; readonly tail: number }): Promise<readonly LogLine[]> {
    const unit = this.#unit(service)
    const lines: LogLine[] = []
    const enough = new AbortController()
    const read = async (): Promise<void> => {
      for await (const { stream, text } of unit.logs({ tail, signal: enough.signal })) lines.push({ stream, text: this.#secrets.redact(text) })
    }
    const late = (): never => {
      enough.abort()
      throw new MoorageError('DEADLINE', `services.${service}: its log could not be read within ${LOGS / 1000} s.`, { service, hint: 'See whether its engine hangs.' })
    }
    await within(read(), { clock: this.#clock, ms: LOGS, late })
    return lines
  }

  async exec({ service, command }: { readonly service: string; readonly command: readonly string[] }): Promise<ExecResult> {
    const unit = this.#unit(service)
    if (unit.exec) return await unit.exec(command, this.#abort.signal)
    throw new MoorageError('OPTION_UNSUPPORTED', `services.${service}: its provider cannot run commands inside it.`, { service })
  }

  #unit(service: string): Unit {
    const unit = this.#units.get(service)
    if (unit) return unit
    throw new MoorageError('USAGE', `services.${service} does not run here.`, { service, hint: `These do: ${[...this.#units.keys()].join(', ') || 'none'}.` })
  }

  async #start(): Promise<Connections> {
    try {
      const placed = await orAborted(this.#place(), this.#abort.signal)
      const { plan } = this.#order
      const { tell } = this.#around
      const context: StartContext = {
        clock: this.#clock, plan, placed, tell, lifecycle: this.#lifecycle, secrets: this.#secrets, abort: this.#abort, gates: new Gates(), clocks: new Map(), units: this.#units,
      }
      this.#phase = (service, phase, detail) => enterPhase(context, service, [phase, detail])
      return await startAll(context)
    } catch (error) {
      const undone = await this.stop('another service failed')
      const failed = undone.filter(({ failure }) => failure !== undefined)
      const hint = failed.map(({ title, failure }) => `Also, ${title} could not be undone: ${String(failure)}.`).join('\n')
      throw this.#redacted(hint ? enrich(error, 'START_FAILED', { hint }) : error)
    }
  }

  #phase: Report['phase'] = () => {}

  /** Chooses where each service runs, checks that it can, and opens the sessions. */
  async #place(): Promise<ReadonlyMap<string, Placed>> {
    const { plan, host, candidates } = this.#order
    const own = Object.entries(plan.services).filter(([, planned]) => planned.given === undefined)
    const onEngine = own.filter(([, { spec }]) => spec.placement !== 'host')
    const chosen = new Map<string, { ref: ProviderRef; provider: Provider; services: [string, PlannedService][] }>()
    const put = (ref: ProviderRef, provider: Provider, service: [string, PlannedService]): void => {
      const entry = chosen.get(ref.name) ?? { ref, provider, services: [] }
      entry.services.push(service)
      chosen.set(ref.name, entry)
    }
    if (onEngine.length) {
      const imaged = onEngine.filter(([, { spec }]) => spec.container).map(([name]) => name)
      const choice = await chooseProvider(candidates, imaged, { load: (ref) => this.#around.load(ref), signal: this.#abort.signal, clock: this.#clock })
      this.#around.tell({ kind: 'provider', name: choice.ref.name, reason: choice.reason })
      for (const service of onEngine) put(choice.ref, choice.provider, service)
    }
    const onHost = own.filter(([, { spec }]) => spec.placement === 'host')
    if (onHost.length) {
      const provider = chosen.get(host.name)?.provider ?? (await this.#around.load(host))
      for (const service of onHost) put(host, provider, service)
    }
    for (const { provider, services } of chosen.values()) {
      checkOptions(provider, services)
      if (provider.form === 'container') await checkReach(provider, services, Object.entries(plan.services))
    }
    const sessions = await Promise.all([...chosen.values()].map(async (entry) => [entry, await this.#open(entry.ref, entry.provider)] as const))
    return new Map(sessions.flatMap(([{ provider, services }, session]) => services.map(([name]) => [name, { provider, session }] as const)))
  }

  async #open(ref: ProviderRef, provider: Provider): Promise<Session> {
    const { run } = this.#around
    const entries: Json[] = []
    const report: Report = {
      phase: (service, phase, detail) => this.#phase(service, phase, detail),
      journal: (entry) => {
        this.#around.journal(ref, entry)
        entries.push(entry)
      },
      notice: (text) => this.#around.tell({ kind: 'notice', text: this.#secrets.redact(text) }),
    }
    let opening: Promise<Session> | undefined
    const late = (): never => {
      throw new MoorageError('DEADLINE', `Provider ${provider.name} did not open a session within ${OPEN / 1000} s.`, { provider: provider.name, hint: 'See whether its engine hangs.' })
    }
    return await this.#lifecycle.run({
      title: `session ${provider.name}`,
      setup: () => within((opening = provider.open(run, report, this.#abort.signal)), { clock: this.#clock, ms: OPEN, late }),
      teardown: async () => {
        const session = await opening?.catch(() => undefined)
        if (session) await session.close()
        // A failed open gives nothing to close: what it was about to create is looked for, as after a death.
        else if (entries.length) await provider.reap?.({ journals: [{ run: run.id, owner: run.owner, entries }], alive: (owner) => !isDeepStrictEqual(owner, run.owner) }, new AbortController().signal)
      },
    })
  }

  #redacted(error: unknown): MoorageError {
    return redacted(enrich(error, 'START_FAILED', {}), (text) => this.#secrets.redact(text))
  }
}

function checkOptions(provider: Provider, services: readonly [string, PlannedService][]): void {
  for (const [name, { spec }] of services) {
    const [problem] = spec[provider.form] ? (provider.check?.(name, spec) ?? []) : [formless(provider, spec.preset)]
    if (!problem) continue
    const at = problem.at ? `services.${name}.${problem.at}` : `services.${name}`
    throw new MoorageError('OPTION_UNSUPPORTED', `${at} cannot be honoured by provider ${provider.name}: ${problem.reason}.`, {
      service: name,
      provider: provider.name,
      hint: problem.fix,
    })
  }
}

function formless({ form }: Provider, preset: string): Problem {
  const kind = form === 'container' ? 'as a container' : 'as a plain process'
  const fix = form === 'container' ? "Place it beside the tests: placement: 'host'." : 'Use a provider that runs containers (docker, kubernetes), or another preset.'
  return { at: '', reason: `${preset} has no way to run ${kind}`, fix }
}
