import type { Plan } from '../config/plan.ts'
import type { ProgressListener } from '../contract/progress.ts'
import type { Exit, Provider, Session, Unit } from '../contract/provider.ts'
import type { Form, Phase } from '../contract/service.ts'
import type { Clock } from '../provider-kit/clock.ts'
import type { DependencyGates } from './dependency-gates.ts'
import type { PhaseClock } from './phase-deadlines.ts'
import type { Secrets } from './secrets.ts'
import type { ScopeParts } from './service-connection.ts'
import type { TaskStack } from './task-stack.ts'

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
