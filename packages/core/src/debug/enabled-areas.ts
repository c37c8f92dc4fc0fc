import type { EnvVariables } from '../config/url-variables.ts'
import { MoorageError } from '../contract/errors.ts'
import { DEBUG_AREAS } from '../provider-kit/debug-log.ts'

const AREAS: ReadonlySet<string> = new Set(DEBUG_AREAS)

/**
 * The areas that `MOORAGE_DEBUG` turns on: all for `1`, else those of a list with commas; undefined when it is unset,
 * empty or `0`. Throws MoorageError (USAGE) for an unknown area.
 */
export function enabledAreas(env: EnvVariables): ReadonlySet<string> | undefined {
  const value = env['MOORAGE_DEBUG']?.trim()
  if (!value || value === '0') return undefined
  if (value === '1') return AREAS
  const names = value
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean)
  const unknown = names.find((name) => !AREAS.has(name))
  if (unknown !== undefined)
    throw new MoorageError('USAGE', `MOORAGE_DEBUG: there is no area '${unknown}'.`, {
      hint: `The areas are ${DEBUG_AREAS.join(', ')}; MOORAGE_DEBUG=1 turns all of them on.`,
    })
  return new Set(names)
}

/** The debug log beside a supervisor's log. */
export function debugFile(log: string): string {
  return log.replace(/\.log$/, '.debug.jsonl')
}
