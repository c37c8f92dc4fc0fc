import { readFile } from 'node:fs/promises'
import { MoorageError, type JsonObject, type PlainConnection } from '@moorage/core'
import { openSql } from '../drivers/sql-client.ts'

/**
 * Runs an SQL file with a driver of the user's project: `pg` or `postgres`. Throws `MoorageError` (SEED_FAILED) if the
 * project has neither.
 */
export async function seed(
  connection: PlainConnection,
  options: JsonObject,
  { root }: { readonly root: string },
): Promise<void> {
  const sql = await readFile((options['file'] as { $file: string }).$file, 'utf8')
  await using client = await openSql(String(connection['url']), root)
  if (!client) {
    throw new MoorageError('SEED_FAILED', 'An SQL seed needs a driver, and the project has neither pg nor postgres.', {
      hint: 'npm install --save-dev pg',
    })
  }
  await client.query(sql)
}
