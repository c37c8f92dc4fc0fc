import { randomUUID } from 'node:crypto'
import type { EnvVariables } from '../../config/env-variables.ts'
import type { Progress } from '../../contract/progress.ts'

/**
 * For the log of a GitHub job, and none elsewhere: an annotation for a service that failed, and its last lines in a
 * folded group. A line of the service's own cannot be taken for a command.
 */
export function githubAnnotations(progress: Progress, env: EnvVariables): readonly string[] {
  if (env['GITHUB_ACTIONS'] !== 'true') return []
  if (progress.kind !== 'failed' && progress.kind !== 'exited') return []
  const { service, logs } = progress
  const text = progress.kind === 'failed' ? progress.text : `services.${service} ${progress.reason}.`
  const error = `::error title=moorage::${escapeCommandText(text)}`
  if (!logs.length) return [error]
  const token = randomUUID()
  return [
    error,
    `::group::Last lines of services.${service}`,
    `::stop-commands::${token}`,
    ...logs,
    `::${token}::`,
    '::endgroup::',
  ]
}

/** As GitHub's toolkit escapes a command's text, and its runner reads it. */
function escapeCommandText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
