import { DEFAULT_DEADLINES_MS } from '../config/deadlines.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Phase, ServiceSpec } from '../contract/service.ts'
import { monotonicClock, type Clock } from '../provider-kit/clock.ts'

const MISSED_DEADLINE: { readonly [P in Phase]: string } = {
  admit: 'was not accepted by the provider',
  build: 'did not get its image built',
  schedule: 'was not scheduled',
  pull: 'did not get its image',
  start: 'did not start',
  ready: 'did not become ready',
}

export interface PhaseDeadlineOptions {
  readonly service: string
  /** Milliseconds by phase. Default for each phase: `DEFAULT_DEADLINES_MS`. */
  readonly deadlines?: ServiceSpec['deadlines'] | undefined
  readonly clock?: Clock
}

/** Measures the deadline of the phase that a service is in. Entering a phase ends the previous one. */
export class PhaseDeadline {
  phase: Phase = 'admit'
  /** The latest reason why the phase has not ended, for the message of a missed deadline. */
  lastReason: string | undefined
  readonly #clock: Clock
  readonly #service: string
  readonly #deadlines: NonNullable<ServiceSpec['deadlines']>
  readonly #onDeadline: (error: MoorageError) => void
  #cancel = (): void => {}

  constructor(
    { service, deadlines, clock = monotonicClock }: PhaseDeadlineOptions,
    onDeadline: (error: MoorageError) => void,
  ) {
    this.#clock = clock
    this.#service = service
    this.#deadlines = deadlines ?? {}
    this.#onDeadline = onDeadline
  }

  enter(phase: Phase): void {
    this.stop()
    this.phase = phase
    const ms = this.#deadlines[phase] ?? DEFAULT_DEADLINES_MS[phase]
    this.#cancel = this.#clock.after(ms, () => this.#onDeadline(this.#deadlineError(phase, ms)))
  }

  stop(): void {
    this.#cancel()
  }

  #deadlineError(phase: Phase, ms: number): MoorageError {
    const reason = this.lastReason ? `: ${this.lastReason.replace(/\.$/, '')}` : ''
    return new MoorageError(
      'DEADLINE',
      `services.${this.#service} ${MISSED_DEADLINE[phase]} within ${ms / 1000} s${reason}.`,
      {
        service: this.#service,
        phase,
        hint: `If it needs more time, raise services.${this.#service}.deadlines.${phase} (milliseconds).`,
      },
    )
  }
}
