import { loadDriver } from './load-driver.ts'

interface Pg {
  readonly default: {
    readonly Client: new (options: { connectionString: string }) => {
      connect(): Promise<void>
      query(sql: string): Promise<{ readonly rows: readonly SqlRow[] }>
      end(): Promise<void>
    }
  }
}

interface Postgres {
  readonly default: (
    url: string,
    options: { max: number; onnotice(): void },
  ) => { unsafe(sql: string): Promise<readonly SqlRow[]>; end(): Promise<void> }
}

export type SqlRow = { readonly [column: string]: unknown }

/** One session of a PostgreSQL. */
export interface SqlClient extends AsyncDisposable {
  query(sql: string): Promise<readonly SqlRow[]>
}

/** The drivers that `openSql` looks for. */
export const SQL_DRIVERS: readonly string[] = ['pg', 'postgres']

/** Connects through the driver that the user's project has; nothing where it has none. */
export async function openSql(url: string, root: string): Promise<SqlClient | undefined> {
  const pg = await loadDriver<Pg>('pg', root)
  if (pg) {
    const client = new pg.default.Client({ connectionString: url })
    await client.connect()
    return { query: async (sql) => (await client.query(sql)).rows, [Symbol.asyncDispose]: () => client.end() }
  }
  const postgres = await loadDriver<Postgres>('postgres', root)
  if (!postgres) return undefined
  // It prints notices otherwise.
  const client = postgres.default(url, { max: 1, onnotice: () => {} })
  return { query: (sql) => client.unsafe(sql), [Symbol.asyncDispose]: () => client.end() }
}
