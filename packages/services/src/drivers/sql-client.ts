import { loadDriver } from './load-driver.ts'

/** The part of `pg` that is used. */
interface Pg {
  readonly default: {
    readonly Client: new (options: { connectionString: string }) => {
      connect(): Promise<void>
      query(sql: string): Promise<{ readonly rows: readonly SqlRow[] }>
      end(): Promise<void>
    }
  }
}

/** The part of `postgres` that is used. */
interface Postgres {
  readonly default: (
    url: string,
    options: { max: number; onnotice(): void },
  ) => { unsafe(sql: string): Promise<readonly SqlRow[]>; end(): Promise<void> }
}

export type SqlRow = { readonly [column: string]: unknown }

/** One session of a PostgreSQL server. */
export interface SqlClient extends AsyncDisposable {
  query(sql: string): Promise<readonly SqlRow[]>
}

/** The drivers that `openSql` can use, in order of preference. */
export const SQL_DRIVERS: readonly string[] = ['pg', 'postgres']

/** Connects with a driver of the user's project. Undefined if the project has none. */
export async function openSql(url: string, root: string): Promise<SqlClient | undefined> {
  const pg = await loadDriver<Pg>('pg', root)
  if (pg) {
    const client = new pg.default.Client({ connectionString: url })
    await client.connect()
    return { query: async (sql) => (await client.query(sql)).rows, [Symbol.asyncDispose]: () => client.end() }
  }
  const postgres = await loadDriver<Postgres>('postgres', root)
  if (!postgres) return undefined
  // By default the driver prints notices to the console.
  const client = postgres.default(url, { max: 1, onnotice: () => {} })
  return { query: (sql) => client.unsafe(sql), [Symbol.asyncDispose]: () => client.end() }
}
