import { isMoorageError, messageOf } from '../../contract/errors.ts'
import { toPlain } from '../../contract/plain-error.ts'
import { progressPrinter } from './console.ts'
import type { Progress, ProgressListener } from '../../contract/progress.ts'
import { startSpans } from './otel-spans.ts'

export interface ReportingOptions {
  /** The folder from which the user's packages are resolved. */
  readonly root: string
  readonly onProgress: ProgressListener | undefined
}

/**
 * Reports a provisioning: its failure as progress, and spans where the user's project has an OpenTelemetry SDK. Throws
 * what `provision` throws.
 */
export async function withReporting<T>(
  { root, onProgress = progressPrinter(process.stderr) }: ReportingOptions,
  provision: (onProgress: ProgressListener) => Promise<T>,
): Promise<T> {
  const spans = startSpans(root)
  try {
    const result = await provision((progress) => {
      spans?.record(progress)
      onProgress(progress)
    })
    spans?.end()
    return result
  } catch (error) {
    spans?.end(error)
    if (!isMoorageError(error) || error.code !== 'ABORTED') onProgress(failureOf(error))
    throw error
  }
}

function failureOf(error: unknown): Progress {
  if (!isMoorageError(error)) return { kind: 'failed', text: messageOf(error), logs: [] }
  const { message, details } = toPlain(error)
  const { service, hint, logs = [] } = details
  return {
    kind: 'failed',
    text: hint ? `${message}\n${hint}` : message,
    logs,
    ...(service === undefined ? {} : { service }),
  }
}
