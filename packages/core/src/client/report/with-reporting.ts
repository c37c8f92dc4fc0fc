import { isMoorageError, messageOf, toPlain } from '../../contract/errors.ts'
import { printTo } from './console.ts'
import type { Progress, Tell } from '../../contract/progress.ts'
import { spansOf } from './otel-spans.ts'

export interface Observed {
  /** Where the user's packages are found. */
  readonly root: string
  readonly tell: Tell | undefined
}

/** A provisioning, with its failure told and, where the user's OpenTelemetry records them, its spans. */
export async function observed<T>({ root, tell = printTo(process.stderr) }: Observed, provisioning: (tell: Tell) => Promise<T>): Promise<T> {
  const spans = spansOf(root)
  try {
    const made = await provisioning((progress) => {
      spans?.follow(progress)
      tell(progress)
    })
    spans?.end()
    return made
  } catch (error) {
    spans?.end(error)
    if (!isMoorageError(error) || error.code !== 'ABORTED') tell(failureOf(error))
    throw error
  }
}

function failureOf(error: unknown): Progress {
  if (!isMoorageError(error)) return { kind: 'failed', text: messageOf(error), logs: [] }
  const { message, details } = toPlain(error)
  const { service, hint, logs = [] } = details
  return { kind: 'failed', text: hint ? `${message}\n${hint}` : message, logs, ...(service === undefined ? {} : { service }) }
}
