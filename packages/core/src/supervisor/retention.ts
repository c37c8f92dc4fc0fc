import type { RetentionReason } from '../protocol/run-status.ts'
import { debugLog } from '../provider-kit/debug-log.ts'
import type { Clock } from '../provider-kit/clock.ts'

/** The time for which a run outlives its clients. */
export class Retention {
  readonly #clock: Clock
  readonly #onExpired: () => void
  #expiresAt = 0
  #cancelTimer = (): void => {}
  /** Undefined while the run is not retained. */
  reason: RetentionReason | undefined

  constructor(clock: Clock, onExpired: () => void) {
    this.#clock = clock
    this.#onExpired = onExpired
  }

  begin(durationMs: number, reason: RetentionReason): void {
    this.end()
    this.reason = reason
    debugLog('supervisor')?.('retain', { reason, durationMs })
    this.#expiresAt = this.#clock.now() + durationMs
    this.#cancelTimer = this.#clock.after(durationMs, () => {
      this.end()
      this.#onExpired()
    })
  }

  end(): void {
    if (this.reason) debugLog('supervisor')?.('retention ended', { reason: this.reason })
    this.#cancelTimer()
    this.reason = undefined
  }

  get remainingMs(): number {
    return this.reason ? Math.max(0, Math.round(this.#expiresAt - this.#clock.now())) : 0
  }
}
