import { fileURLToPath } from 'node:url'
import { siblingModule, MoorageError, type SeedSpec } from '@moorage/core'

/**
 * Turns the option `seed` into a module to run. `sql` allows an SQL file. Throws `MoorageError` (CONFIG_INVALID) for
 * another kind of file.
 */
export function seedSpec(
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
    `${preset}({ seed }): '${seed}' is ${sql ? 'neither a module nor an SQL file' : 'not a module'}.`,
    {
      hint: `Give the path of a .ts or .js file that exports seed(connection)${sql ? ', or of a .sql file' : ''}.`,
    },
  )
}
