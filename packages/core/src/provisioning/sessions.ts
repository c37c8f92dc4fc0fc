import { isDeepStrictEqual } from 'node:util'
import type { PlannedService } from '../config/plan.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Owner, Provider, ProviderRef, Report, Session } from '../contract/provider.ts'
import type { ProviderCandidates, ProvisionRequest } from '../protocol/run-request.ts'
import { abortable, withTimeout, type Clock } from '../provider-kit/clock.ts'
import { requireHostAccess } from './host-access.ts'
import type { RunContext } from './run-context.ts'
import { selectProvider, type ProviderChoice } from './select-provider.ts'
import type { Placement } from './start-context.ts'
import type { TaskStack } from './task-stack.ts'
import { requireSupportedOptions } from './unsupported-options.ts'

export interface SessionsContext {
  readonly runContext: RunContext
  readonly clock: Clock
  readonly tasks: TaskStack
  readonly signal: AbortSignal
  readonly phase: Report['phase']
  redact(text: string): string
}

interface ProviderAssignment {
  readonly ref: ProviderRef
  readonly provider: Provider
  readonly services: [name: string, planned: PlannedService][]
}

// Opening a session creates a network or a namespace. The deadlines of the services do not run yet.
const OPEN_SESSION_TIMEOUT_MS = 120_000

/** The sessions of a run. The provider is selected once, and a session stays open until the run ends. */
export class Sessions {
  readonly #context: SessionsContext
  readonly #sessionByProvider = new Map<string, Session>()
  #choice: ProviderChoice | undefined

  constructor(context: SessionsContext) {
    this.#context = context
  }

  get all(): readonly Session[] {
    return [...this.#sessionByProvider.values()]
  }

  /** Decides where each service runs, checks that it can run there, and opens the sessions that are not open yet. */
  async place(request: ProvisionRequest): Promise<ReadonlyMap<string, Placement>> {
    const assignments = await this.#assign(request)
    for (const { provider, services } of assignments) {
      await requireSupportedOptions(provider, services)
      if (provider.form === 'container')
        await requireHostAccess(provider, services, Object.entries(request.plan.services))
    }
    const sessions = await Promise.all(assignments.map(async (assignment) => await this.#session(assignment)))
    return new Map(
      assignments.flatMap(({ provider, services }, i) =>
        services.map(([name]) => [name, { provider, session: sessions[i] as Session }] as const),
      ),
    )
  }

  async #assign({ plan, host, candidates }: ProvisionRequest): Promise<readonly ProviderAssignment[]> {
    const { runContext } = this.#context
    const started = Object.entries(plan.services).filter(([, planned]) => planned.given === undefined)
    const onProvider = started.filter(([, { spec }]) => spec.placement !== 'host')
    const onHost = started.filter(([, { spec }]) => spec.placement === 'host')
    const assignments: ProviderAssignment[] = []
    if (onProvider.length) {
      const withImage = onProvider.filter(([, { spec }]) => spec.container).map(([name]) => name)
      const { ref, provider } = (this.#choice ??= await this.#select(candidates, withImage))
      assignments.push({ ref, provider, services: onProvider })
    }
    const [chosen] = assignments
    if (onHost.length && chosen?.ref.name === host.name) chosen.services.push(...onHost)
    else if (onHost.length) assignments.push({ ref: host, provider: await runContext.load(host), services: onHost })
    return assignments
  }

  async #select(candidates: ProviderCandidates, withImage: readonly string[]): Promise<ProviderChoice> {
    const { runContext, signal, clock } = this.#context
    const load = (ref: ProviderRef): Promise<Provider> => runContext.load(ref)
    const choice = await selectProvider(candidates, withImage, { load, signal, clock })
    runContext.onProgress({ kind: 'provider', name: choice.ref.name, reason: choice.reason })
    return choice
  }

  async #session({ ref, provider }: ProviderAssignment): Promise<Session> {
    const session =
      this.#sessionByProvider.get(ref.name) ?? (await abortable(this.#open(ref, provider), this.#context.signal))
    this.#sessionByProvider.set(ref.name, session)
    return session
  }

  async #open(ref: ProviderRef, provider: Provider): Promise<Session> {
    const { runContext, clock, tasks, signal, phase, redact } = this.#context
    const { run } = runContext
    const journalled: Json[] = []
    const report: Report = {
      phase,
      journal: (entry) => {
        runContext.journal(ref, entry)
        journalled.push(entry)
      },
      notice: (text) => runContext.onProgress({ kind: 'notice', text: redact(text) }),
    }
    let opening: Promise<Session> | undefined
    const late = (): never => {
      throw new MoorageError(
        'DEADLINE',
        `Provider ${provider.name} did not open a session within ${OPEN_SESSION_TIMEOUT_MS / 1000} s.`,
        { provider: provider.name, hint: 'Check whether its engine responds.' },
      )
    }
    return await tasks.run({
      title: `session ${provider.name}`,
      setup: () =>
        withTimeout((opening = provider.open(run, report, signal)), { clock, ms: OPEN_SESSION_TIMEOUT_MS, late }),
      teardown: async () => {
        const session = await opening?.catch(() => undefined)
        if (session) return await session.close()
        if (!journalled.length) return
        // No session was returned that could be closed, so what it may have created is reaped as after a crash.
        const journal = { run: run.id, owner: run.owner, entries: journalled }
        const alive = (owner: Owner): boolean => !isDeepStrictEqual(owner, run.owner)
        await provider.reap?.({ journals: [journal], alive }, new AbortController().signal)
      },
    })
  }
}
