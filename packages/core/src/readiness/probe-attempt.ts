import type { Clock } from '../provider-kit/clock.ts'
import type { Ports } from '../contract/provider.ts'
import type { Unit } from '../contract/running-unit.ts'
import type { ContainerSettings } from '../contract/container-settings.ts'
import type { Probe } from '../contract/service.ts'

/** What the attempts at the probes of one service use. */
export interface ReadinessContext {
  readonly service: string
  readonly unit: Unit
  /** With every template resolved. */
  readonly probes: readonly Probe[]
  readonly ports: Ports
  /** The health check of the config. */
  readonly healthCheck?: ContainerSettings['healthCheck']
  readonly signal: AbortSignal
  readonly clock: Clock
  /** How long one attempt waits for an answer, in milliseconds. Default: `ATTEMPT_TIMEOUT_MS`. */
  readonly attemptTimeoutMs?: number
  /** Called after each failed attempt with its reason, which the message of a missed deadline quotes. */
  onAttempt(reason: string): void
}

/** Makes one attempt at a probe. Returns undefined if it succeeds, otherwise why it failed. */
export type ProbeAttempt<P extends Probe> = (probe: P, context: ReadinessContext) => Promise<string | undefined>

/** A service that accepts a connection and stays silent is tried again after this time, in milliseconds. */
export const ATTEMPT_TIMEOUT_MS = 2_000

/** The timeout doubles up to this one, in milliseconds, since a slow service may never answer within the first. */
export const MAX_ATTEMPT_TIMEOUT_MS = 32_000

/** Resolves after some milliseconds, or when the signal aborts. */
export function sleepUntilAborted(
  ms: number,
  { clock, signal }: Pick<ReadinessContext, 'clock' | 'signal'>,
): Promise<void> {
  return new Promise((done) => {
    const cancel = clock.after(ms, finish)
    function finish(): void {
      cancel()
      signal.removeEventListener('abort', finish)
      done()
    }
    signal.addEventListener('abort', finish, { once: true })
  })
}
