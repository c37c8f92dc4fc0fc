import type { Clock } from '../provider-kit/clock.ts'
import type { Ports, Unit } from '../contract/provider.ts'
import type { Probe } from '../contract/service.ts'

export interface ReadinessContext {
  readonly service: string
  readonly unit: Unit
  /** Every template filled in. */
  readonly probes: readonly Probe[]
  readonly ports: Ports
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Told why the last try failed: what a deadline's message quotes. */
  onAttempt(reason: string): void
}

/** One try. Gives undefined when the probe holds, else why it does not yet. */
export type ProbeAttempt<P extends Probe> = (probe: P, at: ReadinessContext) => Promise<string | undefined>

// Milliseconds for one try: a peer that accepts and stays silent is tried again.
export const ATTEMPT_TIMEOUT_MS = 2_000
