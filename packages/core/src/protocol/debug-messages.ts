import { isMoorageError, messageWithoutHint } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Progress } from '../contract/progress.ts'
import { elapsedMs, type DebugFields, type DebugLog } from '../provider-kit/debug-log.ts'

/**
 * What the debug log says of a message: its kind and outcome, and never the params or results, which hold credentials.
 */
export function summarizeMessage(message: object): DebugFields {
  const { id, method, error, event } = message as {
    readonly id?: number
    readonly method?: string
    readonly error?: { readonly code: string; readonly message: string }
    readonly event?: Json
  }
  if (event !== undefined) return summarizeEvent(event)
  return { id, method, ...(error ? { code: error.code, error: error.message } : {}) }
}

/** Logs how long a call took, and how it ended. */
export function logCall(log: DebugLog, method: string, answer: Promise<unknown>): void {
  const since = performance.now()
  answer.then(
    () => log('answered', { method, ms: elapsedMs(since) }),
    // Without the log lines of a service, which may contain anything.
    (error: unknown) =>
      log('refused', {
        method,
        ms: elapsedMs(since),
        error: isMoorageError(error) ? messageWithoutHint(error) : String(error),
      }),
  )
}

function summarizeEvent(event: Json): DebugFields {
  const fields = event as { readonly [kind: string]: Json }
  const [kind = ''] = Object.keys(fields)
  if (kind !== 'progress') return { kind }
  return { kind, ...summarizeProgress(fields[kind] as unknown as Progress) }
}

/** Without the log lines of services, which may contain anything. */
export function summarizeProgress(progress: Progress): DebugFields {
  const { kind: progressed, logs: _, ...fields } = progress as unknown as { readonly [name: string]: Json }
  return { progress: progressed, ...fields }
}
