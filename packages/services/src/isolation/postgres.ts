import { setTimeout as sleep } from 'node:timers/promises'
import { MoorageError, type IsolationContext, type Json, type PlainConnection, type Slot } from '@moorage/core'
import { openSql, type SqlClient } from '../drivers/sql-client.ts'

const TEMPLATE = 'moorage_template'

/** Copies the seeded database and blocks connections to the copy: a single open session makes every clone fail. */
export async function createTemplate(
  connection: PlainConnection,
  _options: Json,
  { root }: IsolationContext,
): Promise<void> {
  await using sql = await connect(String(connection['url']), root)
  await sql.query(`CREATE DATABASE "${TEMPLATE}" TEMPLATE "${String(connection['database'])}"`)
  await sql.query(`ALTER DATABASE "${TEMPLATE}" ALLOW_CONNECTIONS false IS_TEMPLATE true`)
}

/**
 * Opens the slot's database, a clone of the template. Slot names consist of letters, digits and underscores, so they
 * need no escaping in SQL. Throws `MoorageError` (ISOLATION_FAILED) if the project has no driver.
 */
export async function openSlot(
  connection: PlainConnection,
  slot: Slot,
  { root }: IsolationContext,
): Promise<PlainConnection> {
  const { name, prefix, fresh } = slot
  await using sql = await connect(databaseUrl(connection, 'postgres'), root)
  const rows = await sql.query(`SELECT datname FROM pg_database WHERE datname LIKE '${prefix.replaceAll('_', '\\_')}%'`)
  const names = rows.map(({ datname }) => String(datname))
  const exists = names.includes(name)
  if (!exists)
    for (const other of names.filter(slot.stale))
      await sql.query(`DROP DATABASE IF EXISTS "${other}" WITH (FORCE)`).catch(() => {})
  if (exists && fresh) await dropDatabase(sql, name)
  if (!exists || fresh) await sql.query(`CREATE DATABASE "${name}" TEMPLATE "${TEMPLATE}"${await copyStrategy(sql)}`)
  return { ...connection, database: name, url: databaseUrl(connection, name) }
}

/** Ends the open sessions and waits until they are closed: with a session open, DROP polls every 100 ms. */
async function dropDatabase(sql: SqlClient, name: string): Promise<void> {
  for (let i = 0; i < 100; i++) {
    const rows = await sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
    if (!rows.length) break
    await sleep(1)
  }
  await sql.query(`DROP DATABASE "${name}" WITH (FORCE)`)
}

/**
 * FILE_COPY is as fast as the default, WAL_LOG, for one worker and four times as fast when eight workers start at once.
 * Before version 15 it is the only strategy and has no name.
 */
async function copyStrategy(sql: SqlClient): Promise<string> {
  const [row] = await sql.query("SELECT current_setting('server_version_num')::int >= 150000 AS has_strategies")
  return row?.['has_strategies'] === true ? ' STRATEGY FILE_COPY' : ''
}

async function connect(url: string, root: string): Promise<SqlClient> {
  const sql = await openSql(url, root)
  if (sql) return sql
  throw new MoorageError(
    'ISOLATION_FAILED',
    'An isolated database needs a driver, and the project has neither pg nor postgres.',
    { hint: 'npm install --save-dev pg' },
  )
}

function databaseUrl(connection: PlainConnection, database: string): string {
  const url = new URL(String(connection['url']))
  url.pathname = `/${database}`
  return url.href
}
