import { setTimeout as sleep } from 'node:timers/promises'
import { MoorageError, type IsolationContext, type Json, type PlainConnection, type Slot } from '@moorage/core'
import { openSql, type SqlClient } from '../drivers/sql-client.ts'

const TEMPLATE = 'moorage_template'

/** A copy of the seeded database that nobody can connect to: a single session on it would make every clone fail. */
export async function createTemplate(
  connection: PlainConnection,
  _options: Json,
  { root }: IsolationContext,
): Promise<void> {
  await using sql = await connect(String(connection['url']), root)
  await sql.query(`CREATE DATABASE "${TEMPLATE}" TEMPLATE "${String(connection['database'])}"`)
  await sql.query(`ALTER DATABASE "${TEMPLATE}" ALLOW_CONNECTIONS false IS_TEMPLATE true`)
}

/** A clone of the sealed database. Names of slots are letters, digits and underscores: safe in SQL as they stand. */
export async function openSlot(
  connection: PlainConnection,
  slot: Slot,
  { root }: IsolationContext,
): Promise<PlainConnection> {
  const { name, prefix, fresh } = slot
  await using sql = await connect(at(connection, 'postgres'), root)
  const rows = await sql.query(`SELECT datname FROM pg_database WHERE datname LIKE '${prefix.replaceAll('_', '\\_')}%'`)
  const names = rows.map(({ datname }) => String(datname))
  const there = names.includes(name)
  if (!there)
    for (const other of names.filter(slot.stale))
      await sql.query(`DROP DATABASE IF EXISTS "${other}" WITH (FORCE)`).catch(() => {})
  if (there && fresh) await drop(sql, name)
  if (!there || fresh) await sql.query(`CREATE DATABASE "${name}" TEMPLATE "${TEMPLATE}"${await strategy(sql)}`)
  return { ...connection, database: name, url: at(connection, name) }
}

/** Ends its sessions first and sees them gone: while one is there, DROP waits in steps of 100 ms. */
async function drop(sql: SqlClient, name: string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const rows = await sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
    if (!rows.length) break
    await sleep(1)
  }
  await sql.query(`DROP DATABASE "${name}" WITH (FORCE)`)
}

/** Copying files: as fast as writing to the log, and four times as fast when eight workers start at once. Versions before 15 know nothing else. */
async function strategy(sql: SqlClient): Promise<string> {
  const [row] = await sql.query("SELECT current_setting('server_version_num')::int >= 150000 AS chooses")
  return row?.['chooses'] === true ? ' STRATEGY FILE_COPY' : ''
}

async function connect(url: string, root: string): Promise<SqlClient> {
  const sql = await openSql(url, root)
  if (sql) return sql
  throw new MoorageError(
    'ISOLATION_FAILED',
    `A database of its own needs a driver, and the project has neither pg nor postgres.`,
    { hint: 'npm install --save-dev pg' },
  )
}

function at(connection: PlainConnection, database: string): string {
  const url = new URL(String(connection['url']))
  url.pathname = `/${database}`
  return url.href
}
