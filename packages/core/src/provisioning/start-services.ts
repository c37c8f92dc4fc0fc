import type { Clock } from '../provider-kit/clock.ts'
import { DependencyGates } from './dependency-gates.ts'
import type { TaskStack } from './task-stack.ts'
import type { PhaseClock } from './phase-deadlines.ts'
import type { Plan } from '../config/plan.ts'
import type { ProgressListener } from '../contract/progress.ts'
import type { ScopeParts } from './service-connection.ts'
import type { Exit, Provider, Session, Unit } from '../contract/provider.ts'
import { displayUrl, type Secrets } from './secrets.ts'
import { joinGiven, startService } from './start-service.ts'
import type { Form, Phase } from '../contract/service.ts'

/** Where a service runs. */
export interface Placement {
  readonly provider: Provider
  readonly session: Session
}

/** What has been started. */
export interface RunningService {
  readonly unit: Unit
  readonly form: Form
  readonly parts: ScopeParts
  /** Set once it has ended by itself. */
  exit?: Exit
}

export interface StartContext {
  readonly clock: Clock
  readonly plan: Plan
  readonly placed: ReadonlyMap<string, Placement>
  readonly lifecycle: TaskStack
  readonly secrets: Secrets
  readonly onProgress: ProgressListener
  readonly abort: AbortController
  readonly gates: DependencyGates
  readonly clocks: Map<string, PhaseClock>
  readonly running: Map<string, RunningService>
}

/** A provider's word that a service is in a phase: moves its clock and tells the client. */
export function enterPhase(
  { clocks, onProgress }: Pick<StartContext, 'clocks' | 'onProgress'>,
  service: string,
  [phase, detail]: readonly [Phase, string | undefined],
): void {
  const clock = clocks.get(service)
  if (!clock) return
  if (clock.phase !== phase) clock.enter(phase)
  clock.lastReason = detail
  onProgress({ kind: 'phase', service, phase, ...(detail ? { detail } : {}) })
}

/**
 * Starts these services, as parallel as their needs allow. The first failure aborts the rest; the promise rejects with
 * it when every start has ended.
 */
export async function startServices(context: StartContext, names: readonly string[]): Promise<void> {
  const { abort, gates } = context
  const failures: unknown[] = []
  await Promise.all(
    names.map(async (name) => {
      try {
        await startOne(context, name)
      } catch (error) {
        failures.push(error)
        gates.fail(name, error)
        abort.abort(error)
      }
    }),
  )
  if (failures.length) throw failures[0]
}

async function startOne(context: StartContext, name: string): Promise<void> {
  const { plan, gates, onProgress, clock } = context
  const planned = plan.services[name]
  if (!planned) throw new RangeError(name)
  await gates.wait(planned.needs)
  const since = clock.now()
  const given = planned.given !== undefined
  const { host } = given ? await joinGiven(context, name) : await startService(context, name)
  const ms = Math.round(clock.now() - since)
  onProgress({
    kind: 'ready',
    service: name,
    ms,
    ...(typeof host['url'] === 'string' ? { url: displayUrl(context.secrets.redact(host['url'])) } : {}),
    ...(given ? { given } : {}),
  })
}
