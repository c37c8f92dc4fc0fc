/** Time as data: deadlines are measured on it, and a simulation brings one of its own. */
export interface Clock {
  /** Milliseconds since some moment; monotonic, so that a jump of the wall clock moves no deadline. */
  now(): number
  /** Calls back after so many milliseconds; gives the way to cancel. */
  after(ms: number, then: () => void): () => void
}

// What a timer of Node's takes; a longer one would end at once.
const MAX_TIMER_MS = 2 ** 31 - 1

export const monotonicClock: Clock = {
  now: () => performance.now(),
  after(ms, then) {
    const timer = setTimeout(then, Math.min(ms, MAX_TIMER_MS))
    return () => clearTimeout(timer)
  },
}

export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((done) => void clock.after(ms, done))
}

/** What `work` gives, or what `late` gives or throws when it takes longer. The work itself goes on. */
export async function withTimeout<T>(work: Promise<T>, { clock, ms, late }: TimeoutOptions<T>): Promise<T> {
  let cancel = (): void => {}
  const over = new Promise<void>((done) => (cancel = clock.after(ms, done)))
  try {
    return await Promise.race([work, over.then(late)])
  } finally {
    cancel()
  }
}

export interface TimeoutOptions<T> {
  readonly clock: Clock
  readonly ms: number
  late(): T
}

/** What `work` gives, or the signal's reason as soon as it aborts. The work itself goes on. */
export async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  return await Promise.race([work, aborted.promise]).finally(() => signal.removeEventListener('abort', onAbort))
}
