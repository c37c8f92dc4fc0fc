import { MoorageError } from '../contract/errors.ts'
import type { ProgressListener } from '../contract/progress.ts'
import type { Clock } from '../provider-kit/clock.ts'

export interface ResponseTimeoutOptions {
  readonly clock: Clock
  readonly onProgress: ProgressListener
  /** Settles, with a result or an error, when the supervisor shows that it is alive. */
  probe(): Promise<unknown>
}

// Without a response to a probe; the second time follows the first.
const NOTICE_AFTER_MS = 5_000
const GIVE_UP_AFTER_MS = 55_000

/**
 * Gives the result of `work` while the supervisor responds to probes. A supervisor that is stopped, or gets no CPU
 * time, keeps its connection open and sends nothing: after 5 s a notice says so, and after 60 s this throws
 * MoorageError (SUPERVISOR_FAILED).
 */
export async function withResponseTimeout<T>(
  work: Promise<T>,
  { clock, onProgress, probe }: ResponseTimeoutOptions,
): Promise<T> {
  const timedOut = Promise.withResolvers<never>()
  let settled = false
  let cancelTimer = (): void => {}
  const notify = (text: string): void => onProgress({ kind: 'notice', text })
  const startProbe = (): void => {
    let noticed = false
    void probe()
      .catch(() => {})
      .then(() => {
        cancelTimer()
        if (settled) return
        if (noticed) notify('The supervisor responds again.')
        cancelTimer = clock.after(NOTICE_AFTER_MS, startProbe)
      })
    cancelTimer = clock.after(NOTICE_AFTER_MS, () => {
      noticed = true
      notify(
        `The supervisor does not respond: it is stopped, or this machine is overloaded. Waiting another ${GIVE_UP_AFTER_MS / 1000} s…`,
      )
      // Starts here: if this process was stopped too, the response is already there and is read before the timer fires.
      cancelTimer = clock.after(GIVE_UP_AFTER_MS, () => timedOut.reject(noResponse()))
    })
  }
  startProbe()
  try {
    return await Promise.race([work, timedOut.promise])
  } finally {
    settled = true
    cancelTimer()
  }
}

function noResponse(): MoorageError {
  const seconds = (NOTICE_AFTER_MS + GIVE_UP_AFTER_MS) / 1000
  return new MoorageError('SUPERVISOR_FAILED', `The supervisor has not responded for ${seconds} s.`, {
    hint: "If its process, 'moorage supervisor', is stopped, resume it (kill -CONT) or kill it: the next run removes what it left.",
  })
}
