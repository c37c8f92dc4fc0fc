import type { Clock } from '../provider-kit/clock.ts'

/** Why a run stays although nobody is connected: it was asked to, or something has failed and is to be looked at. */
export type RetentionReason = 'asked' | 'failed'

/** Time that a run has without anybody connected. */
export class Retention {
  readonly #clock: Clock
  readonly #onOver: () => void
  #until = 0
  #cancel = (): void => {}
  reason: RetentionReason | undefined

  constructor(clock: Clock, onOver: () => void) {
    this.#clock = clock
    this.#onOver = onOver
  }

  begin(ms: number, reason: RetentionReason): null {
    this.end()
    this.reason = reason
    this.#until = this.#clock.now() + ms
    this.#cancel = this.#clock.after(ms, () => {
      this.end()
      this.#onOver()
    })
    return null
  }

  end(): void {
    this.#cancel()
    this.reason = undefined
  }

  /** Milliseconds. */
  get remainingMs(): number {
    return this.reason ? Math.max(0, Math.round(this.#until - this.#clock.now())) : 0
  }
}
