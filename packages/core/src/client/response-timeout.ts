import type { Clock } from '../provider-kit/clock.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Tell } from '../contract/progress.ts'

export interface Listening {
  readonly clock: Clock
  readonly tell: Tell
  /** Settles, in whatever way, when the other side has shown that it lives. */
  ask(): Promise<unknown>
}

// Milliseconds without a sign of life until it is told, and after that until it is given up.
const QUIET = 5_000
const DEAD = 55_000

/**
 * What `work` gives. A supervisor that is stopped, or starved, keeps its connection open and says nothing: that is
 * told after 5 s, and is an error (SUPERVISOR_FAILED) after 60 s.
 */
export async function whileAlive<T>(work: Promise<T>, { clock, tell, ask }: Listening): Promise<T> {
  const silent = Promise.withResolvers<never>()
  let over = false
  let cancel = (): void => {}
  const listen = (): void => {
    let told = false
    void ask().catch(() => {}).then(() => {
      cancel()
      if (over) return
      if (told) tell({ kind: 'notice', text: 'The supervisor answers again.' })
      cancel = clock.after(QUIET, listen)
    })
    cancel = clock.after(QUIET, () => {
      told = true
      tell({ kind: 'notice', text: `The supervisor does not answer: it is stopped, or this machine is overloaded. Waiting ${DEAD / 1000} s more…` })
      // Only from here on: where this process was stopped as well, the answer lies there unread.
      cancel = clock.after(DEAD, () => silent.reject(gaveUp()))
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

function gaveUp(): MoorageError {
  return new MoorageError('SUPERVISOR_FAILED', `The supervisor has not answered for ${(QUIET + DEAD) / 1000} s.`, {
    hint: "If its process, 'moorage supervisor', is stopped, continue it (kill -CONT) or kill it: the next run removes what it left.",
  })
}
