import { fileURLToPath } from 'node:url'
import { siblingModule, MoorageError, type SeedSpec } from '@moorage/core'

/** Turns the option `seed` into a module to run. `sql` says whether the service understands an SQL file. */
export function seedOf(
  preset: string,
  seed: string | undefined,
  { sql }: { readonly sql: boolean },
): { readonly seed?: SeedSpec } {
  if (seed === undefined) return {}
  if (/\.[cm]?[jt]s$/.test(seed)) return { seed: { module: { $file: seed, $option: 'seed' } } }
  if (sql && seed.endsWith('.sql')) {
    const module = { $file: fileURLToPath(siblingModule(import.meta.url, '../seed/sql')) }
    return { seed: { module, options: { file: { $file: seed, $option: 'seed' } } } }
  }
  throw new MoorageError(
    'CONFIG_INVALID',
    `${preset}({ seed }): '${seed}' is not a module${sql ? ' and not an SQL file' : ''}.`,
    {
      hint: `Give the path of a .ts or .js file that exports seed(connection)${sql ? ', or of a .sql file' : ''}.`,
    },
  )
}
