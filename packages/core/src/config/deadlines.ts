import { MoorageError } from '../contract/errors.ts'
import type { Phase, ServiceSpec } from '../contract/service.ts'

/** The deadline of each phase. A pull has ten minutes: 736 MB took three on a cold node. So has a build. */
export const DEFAULT_DEADLINES_MS: { readonly [P in Phase]: number } = {
  admit: 30_000,
  build: 600_000,
  schedule: 60_000,
  pull: 600_000,
  start: 60_000,
  ready: 120_000,
}

/** Throws `MoorageError` (CONFIG_INVALID) for an unknown phase, and for a deadline that is not a positive number. */
export function checkDeadlines(service: string, deadlines: ServiceSpec['deadlines'] = {}): void {
  for (const [phase, ms] of Object.entries(deadlines)) {
    const key = `services.${service}.deadlines.${phase}`
    if (!Object.hasOwn(DEFAULT_DEADLINES_MS, phase))
      throw new MoorageError('CONFIG_INVALID', `${key}: there is no such phase.`, {
        hint: `The phases are ${Object.keys(DEFAULT_DEADLINES_MS).join(', ')}.`,
      })
    if (!(typeof ms === 'number' && ms > 0))
      throw new MoorageError('CONFIG_INVALID', `${key}: ${JSON.stringify(ms)} is not a duration.`, {
        hint: 'Give milliseconds.',
      })
  }
}
