import { constants } from 'node:os'
import { MoorageError } from '@moorage/core'

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export type Passed = (typeof PASSED_ON)[number]

export interface Signals {
  /** Aborts with the first one, until somebody else takes them. */
  readonly abort: AbortSignal
  /** From now on they are somebody else's. */
  passTo(take: (signal: Passed) => void): void
  readonly caught: Passed | undefined
}

/** Runs work that the first signal aborts; a signal that ended it gives the exit code. */
export async function withSignals(work: (signals: Signals) => Promise<number>): Promise<number> {
  const abort = new AbortController()
  let caught: Passed | undefined
  let pass = (signal: Passed): void => abort.abort(new MoorageError('ABORTED', `Stopped by ${signal}.`))
  const listeners = PASSED_ON.map((signal) => {
    const listener = (): void => {
      caught ??= signal
      pass(signal)
    }
    process.on(signal, listener)
    return [signal, listener] as const
  })
  const signals: Signals = {
    abort: abort.signal,
    passTo: (take) => void (pass = take),
    get caught() {
      return caught
    },
  }
  try {
    return await work(signals)
  } catch (error) {
    if (caught) return exitCode(caught)
    throw error
  } finally {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}

/** What a shell gives for a command that a signal ended. */
export function exitCode(signal: NodeJS.Signals | null): number {
  return 128 + (signal ? constants.signals[signal] : 0)
}
