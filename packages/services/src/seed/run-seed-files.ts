import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { importProjectModule, type JsonObject, type PlainConnection, type Seed } from '@moorage/core'
import { seedError } from './psql-error.ts'
import { runSqlFile } from './run-sql-file.ts'

const SQL_FILE = /\.sql(\.gz)?$/
const MODULE_FILE = /\.[cm]?[jt]s$/

/**
 * Runs seed files in their order, and those of a folder in the order of their paths: SQL scripts, and modules that
 * export `seed`. Throws `MoorageError` (SEED_FAILED).
 */
export async function seed(
  connection: PlainConnection,
  options: JsonObject,
  context: { readonly root: string },
): Promise<void> {
  const files = options['files'] as unknown as readonly { readonly $file: string }[]
  for (const file of files.flatMap(({ $file }) => seedFiles($file))) {
    if (SQL_FILE.test(file)) await runSqlFile(file, { url: String(connection['url']), root: context.root })
    else await runModule(file, connection, context)
  }
}

/** A file itself, and the seed files below a folder. */
function seedFiles(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  const files = readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => SQL_FILE.test(file) || (MODULE_FILE.test(file) && !file.endsWith('.d.ts')))
    .sort()
    .map((file) => join(path, file))
  if (!files.length) throw seedError(`${path} contains no .sql, .sql.gz, .ts or .js file.`)
  return files
}

async function runModule(file: string, connection: PlainConnection, context: { readonly root: string }): Promise<void> {
  const module = await importProjectModule<{ seed?: Seed; default?: Seed }>(file, context.root)
  const run = module.seed ?? module.default
  if (typeof run !== 'function') throw seedError(`${file} exports no function named seed, and none as its default.`)
  await run(connection, {}, context)
}
