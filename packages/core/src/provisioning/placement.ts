import { isDeepStrictEqual } from 'node:util'
import { abortable, withTimeout, type Clock } from '../provider-kit/clock.ts'
import type { Plan, PlannedService } from '../config/plan.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Provider, ProviderRef, Report, Session } from '../contract/provider.ts'
import { requireSupportedOptions } from './unsupported-options.ts'
import { requireHostAccess } from './host-access.ts'
import type { TaskStack } from './task-stack.ts'
import type { RunContext } from './run-context.ts'
import type { ProviderCandidates } from '../protocol/run-request.ts'
import { selectProvider, type ProviderChoice } from './select-provider.ts'
import type { Placement } from './start-context.ts'

export interface SessionsOptions {
  readonly around: RunContext
  readonly clock: Clock
  readonly lifecycle: TaskStack
  readonly signal: AbortSignal
  readonly phase: Report['phase']
  redact(text: string): string
}

/** What the placement of services depends on. */
export interface PlacementRequest {
  readonly plan: Plan
  readonly candidates: ProviderCandidates
  /** Runs the services with `placement: 'host'`. */
  readonly host: ProviderRef
}

interface ProviderAssignment {
  readonly ref: ProviderRef
  readonly provider: Provider
  readonly services: [string, PlannedService][]
}

// Milliseconds for a session to open: a network, a namespace. No service's clock runs yet.
const OPEN_SESSION_TIMEOUT_MS = 120_000

/** Where the services of a run are: an engine is chosen once, and its session stays open until the end. */
export class Sessions {
  readonly #tools: SessionsOptions
  readonly #sessions = new Map<string, Session>()
  #choice: ProviderChoice | undefined

  constructor(tools: SessionsOptions) {
    this.#tools = tools
  }

  get sessions(): readonly Session[] {
    return [...this.#sessions.values()]
  }

  /** Chooses where each service runs, checks that it can, and opens the sessions that are not open yet. */
  async find({ plan, host, candidates }: PlacementRequest): Promise<ReadonlyMap<string, Placement>> {
    const { around, signal, clock } = this.#tools
    const own = Object.entries(plan.services).filter(([, planned]) => planned.given === undefined)
    const onEngine = own.filter(([, { spec }]) => spec.placement !== 'host')
    const onHost = own.filter(([, { spec }]) => spec.placement === 'host')
    const chosen = new Map<string, ProviderAssignment>()
    const put = (ref: ProviderRef, provider: Provider, service: [string, PlannedService]): void => {
      const entry = chosen.get(ref.name) ?? { ref, provider, services: [] }
      entry.services.push(service)
      chosen.set(ref.name, entry)
    }
    if (onEngine.length) {
      const imaged = onEngine.filter(([, { spec }]) => spec.container).map(([name]) => name)
      const choice =
        this.#choice ?? (await selectProvider(candidates, imaged, { load: (ref) => around.load(ref), signal, clock }))
      if (!this.#choice) around.onProgress({ kind: 'provider', name: choice.ref.name, reason: choice.reason })
      this.#choice = choice
      for (const service of onEngine) put(choice.ref, choice.provider, service)
    }
    if (onHost.length) {
      const provider = chosen.get(host.name)?.provider ?? (await around.load(host))
      for (const service of onHost) put(host, provider, service)
    }
    for (const { provider, services } of chosen.values()) {
      requireSupportedOptions(provider, services)
      if (provider.form === 'container') await requireHostAccess(provider, services, Object.entries(plan.services))
    }
    const sessions = await Promise.all(
      [...chosen.values()].map(async (entry) => [entry, await this.#session(entry)] as const),
    )
    return new Map(
      sessions.flatMap(([{ provider, services }, session]) =>
        services.map(([name]) => [name, { provider, session }] as const),
      ),
    )
  }

  async #session({ ref, provider }: ProviderAssignment): Promise<Session> {
    const session = this.#sessions.get(ref.name) ?? (await abortable(this.#open(ref, provider), this.#tools.signal))
    this.#sessions.set(ref.name, session)
    return session
  }

  async #open(ref: ProviderRef, provider: Provider): Promise<Session> {
    const { around, clock, lifecycle, signal, phase, redact } = this.#tools
    const { run } = around
    const entries: Json[] = []
    const report: Report = {
      phase,
      journal: (entry) => {
        around.journal(ref, entry)
        entries.push(entry)
      },
      notice: (text) => around.onProgress({ kind: 'notice', text: redact(text) }),
    }
    let opening: Promise<Session> | undefined
    const late = (): never => {
      throw new MoorageError(
        'DEADLINE',
        `Provider ${provider.name} did not open a session within ${OPEN_SESSION_TIMEOUT_MS / 1000} s.`,
        { provider: provider.name, hint: 'See whether its engine hangs.' },
      )
    }
    return await lifecycle.run({
      title: `session ${provider.name}`,
      setup: () =>
        withTimeout((opening = provider.open(run, report, signal)), { clock, ms: OPEN_SESSION_TIMEOUT_MS, late }),
      teardown: async () => {
        const session = await opening?.catch(() => undefined)
        if (session) await session.close()
        // A failed open gives nothing to close: what it was about to create is looked for, as after a death.
        else if (entries.length)
          await provider.reap?.(
            {
              journals: [{ run: run.id, owner: run.owner, entries }],
              alive: (owner) => !isDeepStrictEqual(owner, run.owner),
            },
            new AbortController().signal,
          )
      },
    })
  }
}
