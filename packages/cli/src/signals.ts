import { constants } from 'node:os'
import { MoorageError } from '@moorage/core'

const HANDLED_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export type HandledSignal = (typeof HANDLED_SIGNALS)[number]

export interface Signals {
  /** Aborts at the first signal, unless `forwardTo` has set another handler. */
  readonly abort: AbortSignal
  /** Passes each later signal to this handler, instead of aborting. */
  forwardTo(handler: (signal: HandledSignal) => void): void
  /** The first signal that arrived. */
  readonly received: HandledSignal | undefined
}

/** Runs work that the first signal aborts. If that signal made it fail, the result is the signal's exit code. */
export async function withSignals(work: (signals: Signals) => Promise<number>): Promise<number> {
  const abort = new AbortController()
  let received: HandledSignal | undefined
  let handle = (signal: HandledSignal): void => abort.abort(new MoorageError('ABORTED', `Stopped by ${signal}.`))
  const listeners = HANDLED_SIGNALS.map((signal) => {
    const listener = (): void => {
      received ??= signal
      handle(signal)
    }
    process.on(signal, listener)
    return [signal, listener] as const
  })
  const signals: Signals = {
    abort: abort.signal,
    forwardTo: (handler) => void (handle = handler),
    get received() {
      return received
    },
  }
  try {
    return await work(signals)
  } catch (error) {
    if (received) return signalExitCode(received)
    throw error
  } finally {
    for (const [signal, listener] of listeners) process.off(signal, listener)
  }
}

/** The exit code that a shell reports for a command that a signal ended. */
export function signalExitCode(signal: NodeJS.Signals | null): number {
  return 128 + (signal ? constants.signals[signal] : 0)
}
