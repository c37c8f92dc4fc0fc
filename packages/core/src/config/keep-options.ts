import type { AnyConfig } from '../contract/config-types.ts'
import { MoorageError } from '../contract/errors.ts'
import { parseDuration } from './duration.ts'
import type { EnvVariables } from './url-variables.ts'

const DEFAULT_RETENTION_MS = 30 * 60_000

/**
 * Milliseconds for which services are kept after a failure; undefined if they are removed at once. The variables
 * MOORAGE_KEEP and MOORAGE_KEEP_FOR win over the config. Throws `MoorageError` (USAGE) for an invalid value of them.
 */
export function retentionMs(
  { keep, keepFor = DEFAULT_RETENTION_MS }: AnyConfig,
  env: EnvVariables,
): number | undefined {
  const mode = env['MOORAGE_KEEP'] || keep || 'never'
  if (mode !== 'on-failure' && mode !== 'never') {
    throw new MoorageError('USAGE', `MOORAGE_KEEP is '${mode}', which is not a known value.`, {
      hint: 'Set it to on-failure or never, or unset it.',
    })
  }
  if (mode === 'never') return undefined
  const duration = env['MOORAGE_KEEP_FOR']
  return duration ? parseDuration(duration, 'MOORAGE_KEEP_FOR') : keepFor
}
