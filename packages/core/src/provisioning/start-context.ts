import type { Plan } from '../config/plan.ts'
import type { ProgressListener } from '../contract/progress.ts'
import type { Json } from '../contract/json.ts'
import type { Provider, Session } from '../contract/provider.ts'
import type { Exit, Unit } from '../contract/running-unit.ts'
import type { Form, Phase } from '../contract/service.ts'
import type { Clock } from '../provider-kit/clock.ts'
import type { PhaseDeadline } from './phase-deadline.ts'
import type { RunImages } from './run-images.ts'
import type { RunSecrets } from './run-secrets.ts'
import type { TaskStack } from './task-stack.ts'
import type { ScopeInput } from './template-scope.ts'

/** Where a service runs. */
export interface Placement {
  readonly provider: Provider
  readonly session: Session
}

/** A service that was started. */
export interface RunningService {
  readonly unit: Unit
  readonly form: Form
  readonly scopeInput: ScopeInput
  /** Set once the service has ended by itself. */
  exit?: Exit
}

/** What the start of every service of a run uses. */
export interface StartContext {
  readonly clock: Clock
  readonly runId: string
  readonly plan: Plan
  readonly placements: ReadonlyMap<string, Placement>
  /** The sessions and services of the run, with their teardowns. */
  readonly tasks: TaskStack
  readonly secrets: RunSecrets
  readonly onProgress: ProgressListener
  /** Aborted by the first failure. */
  readonly abort: AbortController
  /** The clocks of the services that are starting, or have started. */
  readonly phaseDeadlines: Map<string, PhaseDeadline>
  readonly running: Map<string, RunningService>
  /** The services for which a container of the user's compose project is used, with that container. */
  readonly attached: Map<string, Unit>
  /** Ports of this machine that were chosen for containers before their start. */
  readonly hostPorts: Set<number>
  readonly images: Pick<RunImages, 'get'>
  /** Writes the entry of a process of core's own, such as a seed, for the provider that reaps processes. */
  journalProcess(entry: Json): void
}

/** Records that a service is in a phase: restarts its clock for a new phase, and reports the progress. */
export function enterPhase(
  { phaseDeadlines, onProgress }: Pick<StartContext, 'phaseDeadlines' | 'onProgress'>,
  service: string,
  { phase, detail }: { readonly phase: Phase; readonly detail?: string | undefined },
): void {
  const phaseDeadline = phaseDeadlines.get(service)
  if (!phaseDeadline) return
  if (phaseDeadline.phase !== phase) phaseDeadline.enter(phase)
  phaseDeadline.lastReason = detail
  onProgress({ kind: 'phase', service, phase, ...(detail ? { detail } : {}) })
}
