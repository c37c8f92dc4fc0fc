import { MoorageError } from '../contract/errors.ts'

const MS_PER_UNIT: { readonly [unit: string]: number } = { s: 1_000, m: 60_000, h: 3_600_000 }

/** The longest time for which services can be kept: 24 hours. */
export const MAX_RETENTION_MS: number = 24 * 3_600_000

/** Converts `90s`, `30m` or `8h` to milliseconds. Throws `MoorageError` (USAGE) whose message starts with `source`. */
export function parseDuration(text: string, source: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)([smh])$/.exec(text) ?? []
  const ms = Number(number) * (MS_PER_UNIT[unit] ?? NaN)
  if (ms > 0 && ms <= MAX_RETENTION_MS) return ms
  throw new MoorageError('USAGE', `${source}: '${text}' is not a valid time to keep services.`, {
    hint: 'Give a number and its unit, as in 90s, 30m or 8h; 24h at most.',
  })
}

/** Writes milliseconds in their two largest units: `90 s`, `30 min`, `7 h 59 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const rest = minutes % 60
  return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ''}`
}
