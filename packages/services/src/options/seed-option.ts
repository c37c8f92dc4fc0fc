import { fileURLToPath } from 'node:url'
import { siblingModule, MoorageError, type SeedSpec } from '@moorage/core'

/**
 * Turns the option `seed` into a module to run. `sql` allows SQL scripts, folders of them, and lists; `mongosh` allows
 * scripts for mongosh, which their file name tells from modules. Throws
 * `MoorageError` (CONFIG_INVALID) for another kind of file.
 */
export function seedSpec(
  preset: string,
  seed: string | readonly string[] | undefined,
  { sql, mongosh = false }: { readonly sql: boolean; readonly mongosh?: boolean },
): { readonly seed?: SeedSpec } {
  if (seed === undefined) return {}
  if (mongosh && typeof seed === 'string' && MONGOSH_SCRIPT.test(seed)) {
    const module = { $file: fileURLToPath(siblingModule(import.meta.url, '../seed/run-mongosh')) }
    return { seed: { module, options: { files: [{ $file: seed, $option: 'seed' }] } } }
  }
  if (typeof seed === 'string' && isModule(seed)) return { seed: { module: { $file: seed, $option: 'seed' } } }
  const files = typeof seed === 'string' ? [seed] : seed
  const unknown = sql ? files.find((file) => !isSeedFile(file)) : String(seed)
  if (sql && files.length && unknown === undefined) {
    const module = { $file: fileURLToPath(siblingModule(import.meta.url, '../seed/run-seed-files')) }
    return { seed: { module, options: { files: files.map((file) => ({ $file: file, $option: 'seed' })) } } }
  }
  if (sql && unknown === undefined)
    throw new MoorageError('CONFIG_INVALID', `${preset}({ seed }): the list is empty.`, {
      hint: 'Give at least one path, or remove the option.',
    })
  throw new MoorageError(
    'CONFIG_INVALID',
    `${preset}({ seed }): '${unknown}' is ${sql ? 'neither a module nor an SQL file' : 'not a module'}.`,
    {
      hint: `Give the path of a .ts or .js file that exports seed(connection)${sql ? ', of a .sql or .sql.gz file, or of a folder of them' : ''}.`,
    },
  )
}

const MONGOSH_SCRIPT = /\.(mongosh|mongodb)\.js$/

function isModule(file: string): boolean {
  return /\.[cm]?[jt]s$/.test(file)
}

/** A path without an extension is a folder. */
function isSeedFile(file: string): boolean {
  return isModule(file) || /\.sql(\.gz)?$/.test(file) || !/\.[^./\\]+$/.test(file)
}
