import type { Clock } from '../provider-kit/clock.ts'
import { MoorageError } from '../contract/errors.ts'
import type { ProgressListener } from '../contract/progress.ts'

export interface ResponseTimeoutOptions {
  readonly clock: Clock
  readonly onProgress: ProgressListener
  /** Settles, in whatever way, when the other side has shown that it lives. */
  ask(): Promise<unknown>
}

// Milliseconds without a sign of life until it is told, and after that until it is given up.
const NOTICE_AFTER_MS = 5_000
const GIVE_UP_AFTER_MS = 55_000

/**
 * What `work` gives. A supervisor that is stopped, or starved, keeps its connection open and says nothing: that is
 * told after 5 s, and is an error (SUPERVISOR_FAILED) after 60 s.
 */
export async function withResponseTimeout<T>(
  work: Promise<T>,
  { clock, onProgress, ask }: ResponseTimeoutOptions,
): Promise<T> {
  const silent = Promise.withResolvers<never>()
  let over = false
  let cancel = (): void => {}
  const listen = (): void => {
    let told = false
    void ask()
      .catch(() => {})
      .then(() => {
        cancel()
        if (over) return
        if (told) onProgress({ kind: 'notice', text: 'The supervisor answers again.' })
        cancel = clock.after(NOTICE_AFTER_MS, listen)
      })
    cancel = clock.after(NOTICE_AFTER_MS, () => {
      told = true
      onProgress({
        kind: 'notice',
        text: `The supervisor does not answer: it is stopped, or this machine is overloaded. Waiting ${GIVE_UP_AFTER_MS / 1000} s more…`,
      })
      // Only from here on: where this process was stopped as well, the answer lies there unread.
      cancel = clock.after(GIVE_UP_AFTER_MS, () => silent.reject(noResponse()))
    })
  }
  listen()
  try {
    return await Promise.race([work, silent.promise])
  } finally {
    over = true
    cancel()
  }
}

function noResponse(): MoorageError {
  return new MoorageError(
    'SUPERVISOR_FAILED',
    `The supervisor has not answered for ${(NOTICE_AFTER_MS + GIVE_UP_AFTER_MS) / 1000} s.`,
    {
      hint: "If its process, 'moorage supervisor', is stopped, continue it (kill -CONT) or kill it: the next run removes what it left.",
    },
  )
}
