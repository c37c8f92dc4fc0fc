import { monotonicClock, type Clock } from '../provider-kit/clock.ts'
import { DEFAULT_DEADLINES_MS } from '../config/deadlines.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Phase, ServiceSpec } from '../contract/service.ts'

const PHASE_LABELS: { readonly [P in Phase]: string } = {
  admit: 'was not accepted by the provider',
  schedule: 'found no place to run',
  pull: 'did not get its image',
  start: 'did not start',
  ready: 'did not become ready',
}

export interface Timed {
  readonly service: string
  readonly deadlines?: ServiceSpec['deadlines'] | undefined
  readonly clock?: Clock
}

/** A service's way through its phases: each entry stops the clock of the last and starts its own. */
export class PhaseClock {
  phase: Phase = 'admit'
  /** What was seen last, for the message when the time is up. */
  lastReason: string | undefined
  readonly #clock: Clock
  readonly #service: string
  readonly #deadlines: NonNullable<ServiceSpec['deadlines']>
  readonly #expire: (error: MoorageError) => void
  #cancel = (): void => {}

  constructor({ service, deadlines, clock = monotonicClock }: Timed, expire: (error: MoorageError) => void) {
    this.#clock = clock
    this.#service = service
    this.#deadlines = deadlines ?? {}
    this.#expire = expire
  }

  enter(phase: Phase): void {
    this.stop()
    this.phase = phase
    const limit = this.#deadlines[phase] ?? DEFAULT_DEADLINES_MS[phase]
    this.#cancel = this.#clock.after(limit, () => this.#expire(this.#late(phase, limit)))
  }

  stop(): void {
    this.#cancel()
  }

  #late(phase: Phase, limit: number): MoorageError {
    const seen = this.lastReason ? `: ${this.lastReason.replace(/\.$/, '')}` : ''
    return new MoorageError(
      'DEADLINE',
      `services.${this.#service} ${PHASE_LABELS[phase]} within ${limit / 1000} s${seen}.`,
      {
        service: this.#service,
        phase,
        hint: `If it only needs longer, raise services.${this.#service}.deadlines.${phase} (milliseconds).`,
      },
    )
  }
}
