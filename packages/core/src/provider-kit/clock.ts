/** The clock that every deadline is measured on. A simulation supplies its own. */
export interface Clock {
  /** Milliseconds since an arbitrary moment. Monotonic, so that a change of the system time moves no deadline. */
  now(): number
  /** Calls `callback` after `ms` milliseconds. Returns a function that cancels it. */
  after(ms: number, callback: () => void): () => void
}

// The longest timer of Node, which runs a longer one at once: https://nodejs.org/api/timers.html
const MAX_TIMER_MS = 2 ** 31 - 1

/** The clock of this machine. */
export const monotonicClock: Clock = {
  now: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

/** Resolves after `ms` milliseconds. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((done) => void clock.after(ms, done))
}

/** The result of `work`, or what `late` returns or throws if it takes longer than `ms`. The work itself continues. */
export async function withTimeout<T>(work: Promise<T>, { clock, ms, late }: TimeoutOptions<T>): Promise<T> {
  let cancel = (): void => {}
  const timeout = new Promise<void>((done) => (cancel = clock.after(ms, done)))
  try {
    return await Promise.race([work, timeout.then(late)])
  } finally {
    cancel()
  }
}

export interface TimeoutOptions<T> {
  readonly clock: Clock
  /** Milliseconds. */
  readonly ms: number
  /** Called when the time is up. */
  late(): T
}

/** The result of `work`; rejects with the signal's reason as soon as it aborts. The work itself continues. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  return await Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort))
}
