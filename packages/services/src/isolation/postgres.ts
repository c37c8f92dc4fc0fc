import { setTimeout as sleep } from 'node:timers/promises'
import type { IsolationContext, Json, PlainConnection, Slot } from '@moorage/core'
import { PostgresClient } from '../wire/postgres-client.ts'

const TEMPLATE = 'moorage_template'

// Much longer than a server needs to close a session that its client has ended.
const CLOSE_TIMEOUT_MS = 200

/** Copies the seeded database and blocks connections to the copy: a single open session makes every clone fail. */
export async function createTemplate(
  connection: PlainConnection,
  _options: Json,
  _context: IsolationContext,
): Promise<void> {
  await using sql = await PostgresClient.open(String(connection['url']))
  await sql.query(`CREATE DATABASE "${TEMPLATE}" TEMPLATE "${String(connection['database'])}"`)
  await copyProperties(sql, String(connection['database']), TEMPLATE)
  await sql.query(`ALTER DATABASE "${TEMPLATE}" ALLOW_CONNECTIONS false IS_TEMPLATE true`)
}

/**
 * Opens the slot's database, a clone of the template. Slot names consist of letters, digits and underscores, so they
 * need no escaping in SQL.
 */
export async function openSlot(connection: PlainConnection, slot: Slot): Promise<PlainConnection> {
  const { name, prefix, fresh } = slot
  await using sql = await PostgresClient.open(databaseUrl(connection, 'postgres'))
  const rows = await sql.query(`SELECT datname FROM pg_database WHERE datname LIKE '${prefix.replaceAll('_', '\\_')}%'`)
  const names = rows.map(({ datname }) => String(datname))
  const exists = names.includes(name)
  if (!exists)
    for (const other of names.filter(slot.stale))
      await sql.query(`DROP DATABASE IF EXISTS "${other}" WITH (FORCE)`).catch(() => {})
  if (exists && fresh) await dropDatabase(sql, slot)
  if (!exists || fresh) {
    await sql.query(`CREATE DATABASE "${name}" TEMPLATE "${TEMPLATE}"${await copyStrategy(sql)}`)
    await copyProperties(sql, TEMPLATE, name)
  }
  return { ...connection, database: name, url: databaseUrl(connection, name) }
}

/**
 * Copies what CREATE DATABASE leaves out: owner, privileges, connection limit, and the settings of ALTER DATABASE … SET
 * and ALTER ROLE … IN DATABASE … SET. It copies the rows of the catalogs, which keeps the quoting of each setting.
 */
async function copyProperties(sql: PostgresClient, from: string, to: string): Promise<void> {
  await sql.query(`
    UPDATE pg_database AS target SET datdba = source.datdba, datacl = source.datacl, datconnlimit = source.datconnlimit
      FROM pg_database AS source WHERE source.datname = '${from}' AND target.datname = '${to}';
    INSERT INTO pg_db_role_setting
      SELECT target.oid, setrole, setconfig
      FROM pg_db_role_setting JOIN pg_database AS source ON setdatabase = source.oid, pg_database AS target
      WHERE source.datname = '${from}' AND target.datname = '${to}'`)
}

/** Ends the open sessions and waits until they are closed: with a session open, DROP polls every 100 ms. */
async function dropDatabase(sql: PostgresClient, { name, onLeftSessions }: Slot): Promise<void> {
  const left = await openSessions(sql, name)
  if (left) onLeftSessions?.(left)
  for (let i = 0; i < 100; i++) {
    const rows = await sql.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
    if (!rows.length) break
    await sleep(1)
  }
  await sql.query(`DROP DATABASE "${name}" WITH (FORCE)`)
}

/** The number of sessions that stay open. The server closes a session shortly after its client has ended it. */
async function openSessions(sql: PostgresClient, name: string): Promise<number> {
  for (let waited = 0; ; waited += 10) {
    const rows = await sql.query(`SELECT pid FROM pg_stat_activity WHERE datname = '${name}'`)
    if (!rows.length || waited >= CLOSE_TIMEOUT_MS) return rows.length
    await sleep(10)
  }
}

/**
 * FILE_COPY is as fast as the default, WAL_LOG, for one worker and four times as fast when eight workers start at once.
 * Before version 15 it is the only strategy and has no name.
 */
async function copyStrategy(sql: PostgresClient): Promise<string> {
  const [row] = await sql.query("SELECT current_setting('server_version_num')::int >= 150000 AS has_strategies")
  return row?.['has_strategies'] === 't' ? ' STRATEGY FILE_COPY' : ''
}

function databaseUrl(connection: PlainConnection, database: string): string {
  const url = new URL(String(connection['url']))
  url.pathname = `/${database}`
  return url.href
}
