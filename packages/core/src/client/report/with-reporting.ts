import { isMoorageError, messageOf } from '../../contract/errors.ts'
import { toPlain } from '../../contract/plain-error.ts'
import { progressPrinter } from './console.ts'
import type { Progress, ProgressListener } from '../../contract/progress.ts'
import { startSpans } from './otel-spans.ts'

export interface ReportingOptions {
  /** Where the user's packages are found. */
  readonly root: string
  readonly onProgress: ProgressListener | undefined
}

/** A provisioning, with its failure told and, where the user's OpenTelemetry records them, its spans. */
export async function withReporting<T>(
  { root, onProgress = progressPrinter(process.stderr) }: ReportingOptions,
  provisioning: (onProgress: ProgressListener) => Promise<T>,
): Promise<T> {
  const spans = startSpans(root)
  try {
    const made = await provisioning((progress) => {
      spans?.follow(progress)
      onProgress(progress)
    })
    spans?.end()
    return made
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
