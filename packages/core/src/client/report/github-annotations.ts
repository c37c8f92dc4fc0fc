import { randomUUID } from 'node:crypto'
import type { EnvVariables } from '../../config/url-variables.ts'
import type { Progress } from '../../contract/progress.ts'

/**
 * Workflow commands for a service that failed: an annotation, and the last log lines in a folded group. GitHub does not
 * execute commands in those lines. Empty outside GitHub Actions. Source: docs.github.com, "Workflow commands".
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

/** Escapes as GitHub's toolkit does (actions/toolkit, `escapeData`). */
function escapeCommandText(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
