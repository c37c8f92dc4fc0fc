import type { EnvVariables } from './env-variables.ts'
import { MoorageError } from '../contract/errors.ts'
import type { AnyConfig } from '../contract/config-types.ts'

const MS_PER_UNIT: { readonly [unit: string]: number } = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Milliseconds: nothing stays longer unasked. */
export const MAX_RETENTION_MS: number = 24 * 3_600_000

const DEFAULT_RETENTION_MS = 30 * 60_000

/** `90s`, `30m`, `8h` in milliseconds. Throws `MoorageError` (USAGE) that names `at`. */
export function parseDuration(text: string, at: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? []
  const ms = Number(number) * (MS_PER_UNIT[unit] ?? NaN)
  if (ms > 0 && ms <= MAX_RETENTION_MS) return ms
  throw new MoorageError('USAGE', `${at}: '${text}' is not a time that services can stay.`, {
    hint: 'Give a number and its unit, as in 90s, 30m or 8h; 24h at most.',
  })
}

/** Milliseconds that services stay when something has failed; undefined when they go at once. */
export function retentionMs(
  { keep, keepFor: given = DEFAULT_RETENTION_MS }: AnyConfig,
  env: EnvVariables,
): number | undefined {
  const wish = env['MOORAGE_KEEP'] || keep || 'never'
  if (wish !== 'on-failure' && wish !== 'never') {
    throw new MoorageError('USAGE', `MOORAGE_KEEP is '${wish}', which is not known.`, {
      hint: 'Set it to on-failure or never, or unset it.',
    })
  }
  if (wish === 'never') return undefined
  const time = env['MOORAGE_KEEP_FOR']
  return time ? parseDuration(time, 'MOORAGE_KEEP_FOR') : given
}
