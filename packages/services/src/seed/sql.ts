import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { MoorageError, type JsonObject, type PlainConnection } from '@moorage/core'

interface Pg {
  readonly default: { readonly Client: new (options: { connectionString: string }) => { connect(): Promise<void>; query(sql: string): Promise<unknown>; end(): Promise<void> } }
}

type Postgres = { readonly default: (url: string, options: { max: number }) => { unsafe(sql: string): Promise<unknown>; end(): Promise<void> } }

/** Runs an SQL file through the driver that the user's project has: `pg` or `postgres`. */
export async function seed(connection: PlainConnection, options: JsonObject, { root }: { readonly root: string }): Promise<void> {
  const sql = await readFile((options['file'] as { $file: string }).$file, 'utf8')
  const url = String(connection['url'])
  const require = createRequire(join(root, 'package.json'))
  const load = async <M>(name: string): Promise<M | undefined> => {
    try {
      return (await import(pathToFileURL(require.resolve(name)).href)) as M
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
      throw error
    }
  }
  const pg = await load<Pg>('pg')
  if (pg) {
    const client = new pg.default.Client({ connectionString: url })
    await client.connect()
    await client.query(sql).finally(() => client.end())
    return
  }
  const postgres = await load<Postgres>('postgres')
  if (!postgres) {
    throw new MoorageError('SEED_FAILED', 'An SQL seed needs a driver, and the project has neither pg nor postgres.', { hint: 'npm install --save-dev pg' })
  }
  const client = postgres.default(url, { max: 1 })
  await client.unsafe(sql).finally(() => client.end())
}
