import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  defineConfig,
  plainProcess as plain,
  postgres,
  provision,
  type Environment,
  type PostgresConnection,
} from '../../packages/moorage/src/index.ts'
import { openSlot } from '../../packages/services/src/isolation/postgres.ts'
import { runSqlFile } from '../../packages/services/src/seed/run-sql-file.ts'
import { PostgresClient } from '../../packages/services/src/wire/postgres-client.ts'
import { thrownMessage } from '../thrown-error.ts'

// As pg_dump writes it, and what hand-written seeds have.
const DUMP = `\\restrict 8sQk
SET standard_conforming_strings = on;
CREATE TABLE public.notes (id integer, text text);
CREATE FUNCTION public.twice(n integer) RETURNS integer LANGUAGE plpgsql AS $_$ begin; return n * 2; end; $_$;
CREATE FUNCTION public.first_note() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT text FROM public.notes LIMIT 1; END;
COPY public.notes (id, text) FROM stdin;
1\ta;b
2\tcaf\xC3\xA9 ' "
3\t\\N
\\.

CREATE INDEX CONCURRENTLY notes_text ON public.notes (text);
\\unrestrict 8sQk
`.replace('begin; return', 'begin return')

const FILES: { readonly [path: string]: string | Buffer } = {
  'dump.sql': Buffer.from(`\xEF\xBB\xBF${DUMP.replaceAll('\n', '\r\n')}`, 'latin1'),
  'migrations/002/last.sql': "INSERT INTO notes VALUES (12, 'second');",
  'migrations/001/first.sql': "INSERT INTO notes VALUES (11, 'first');",
  'migrations/003.sql.gz': gzipSync("INSERT INTO notes VALUES (13, 'zipped')"),
  'migrations/004.js':
    "export const seed = ({ database }) => { if (database !== 'test' || process.env.PGSSLMODE) throw new Error('wrong') }",
  'other.sql': `CREATE DATABASE other; CREATE ROLE reader;
SELECT 'CREATE DATABASE third' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'third')\\gexec
\\connect other
CREATE TABLE here (id int);
\\set value 7
\\ir more/included.sql
\\connect test
ALTER DATABASE test SET search_path = "$user", extra, public;
ALTER DATABASE test SET timezone = 'Asia/Tokyo';
ALTER ROLE reader IN DATABASE test SET work_mem = '12MB';
REVOKE ALL ON DATABASE test FROM PUBLIC;
GRANT CONNECT ON DATABASE test TO reader;`,
  'more/included.sql': 'INSERT INTO here VALUES (:value);',
  'values.csv': '21,copied\n',
  'copied.sql': "\\copy notes from 'values.csv' with (format csv)\n",
}

let root: string
let env: Environment<{ db: PostgresConnection }>

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'moorage-seeds-'))
  for (const [path, content] of Object.entries(FILES)) write(path, content)
  const seed = ['dump.sql', './migrations', 'other.sql', 'copied.sql']
  const config = defineConfig({
    root,
    provider: plain(),
    services: { db: postgres({ seed, isolate: 'test' }) },
  })
  const { MOORAGE: _, ...own } = process.env
  // As in the shell of a user who works with a database elsewhere.
  Object.assign(process.env, { PGSSLMODE: 'require', PGOPTIONS: '--no-such-option' })
  env = await provision(config, {
    env: { ...own, CI: '', MOORAGE_PROVIDER: '', MOORAGE_CACHE_DIR: join(root, 'cache'), MOORAGE_SUPERVISOR: 'inline' },
    onProgress: () => {},
  })
}, 60_000)

afterAll(async () => {
  await env?.dispose()
  rmSync(root, { recursive: true, force: true })
  delete process.env['PGSSLMODE']
  delete process.env['PGOPTIONS']
})

function write(path: string, content: string | Buffer): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

async function query(sql: string, database = 'test'): Promise<readonly object[]> {
  const url = new URL(env.endpoints.db.url)
  url.pathname = `/${database}`
  await using client = await PostgresClient.open(url.href)
  return await client.query(sql)
}

async function failureOf(path: string, content: string | Buffer): Promise<string> {
  const file = write(path, content)
  const message = await thrownMessage(() => runSqlFile(file, { url: env.endpoints.db.url, root }))
  return message.replaceAll(root, 'ROOT')
}

test('a dump with COPY, folders in order, gzip, modules and psql commands: the database has all of it', async () => {
  expect(await query('SELECT id, text FROM notes ORDER BY ctid')).toEqual([
    { id: '1', text: 'a;b' },
    { id: '2', text: 'café \' "' },
    { id: '3', text: null },
    { id: '11', text: 'first' },
    { id: '12', text: 'second' },
    { id: '13', text: 'zipped' },
    { id: '21', text: 'copied' },
  ])
  expect(await query('SELECT twice(4), first_note()')).toEqual([{ twice: '8', first_note: 'a;b' }])
  expect(await query('SELECT id FROM here', 'other')).toEqual([{ id: '7' }])
  expect(await query("SELECT datname FROM pg_database WHERE datname = 'third'")).toHaveLength(1)
})

test('an isolated database keeps the settings and the privileges that the seed gave to its database', async () => {
  const slot = { service: 'db', name: 'run_settings', prefix: 'run_', fresh: true, stale: () => false }
  const { database } = await openSlot({ ...env.endpoints.db }, slot)
  expect(await query('SHOW search_path', String(database))).toEqual([{ search_path: '"$user", extra, public' }])
  expect(await query('SHOW timezone', String(database))).toEqual([{ TimeZone: 'Asia/Tokyo' }])
  const roles =
    "SELECT setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase WHERE setrole = 'reader'::regrole AND datname ="
  expect(await query(`${roles} '${String(database)}'`)).toEqual([{ setconfig: '{work_mem=12MB}' }])
  const rights =
    "SELECT has_database_privilege('reader', current_database(), 'CONNECT') AS login, has_database_privilege('reader', current_database(), 'TEMP') AS temp"
  expect(await query(rights, String(database))).toEqual([{ login: 't', temp: 'f' }])
})

test('an error has file, line, statement, and the detail and the hint of PostgreSQL', async () => {
  expect(await failureOf('typo.sql', `-- first\nSELECT 1;\n\nCREATE TABEL users (\n  id int\n);\n`)).toBe(
    [
      'SEED_FAILED',
      'ROOT/typo.sql:4: syntax error at or near "TABEL" (SQLSTATE 42601).',
      'Last log lines:',
      '  CREATE TABEL users (',
      '         ^',
    ].join('\n'),
  )
  expect(await failureOf('column.sql', "SELECT 'é',\n  'é', textt FROM notes")).toBe(
    [
      'SEED_FAILED',
      'ROOT/column.sql:2: column "textt" does not exist (SQLSTATE 42703).',
      'Last log lines:',
      "    'é', textt FROM notes",
      '         ^',
      '  HINT:  Perhaps you meant to reference the column "notes.text".',
    ].join('\n'),
  )
  expect(
    await failureOf('twice.sql', 'CREATE TABLE keys (id int primary key);\nINSERT INTO keys VALUES (1), (1);'),
  ).toBe(
    [
      'SEED_FAILED',
      'ROOT/twice.sql:2: duplicate key value violates unique constraint "keys_pkey" (SQLSTATE 23505).',
      'Last log lines:',
      '  INSERT INTO keys VALUES (1), (1);',
      '  DETAIL:  Key (id)=(1) already exists.',
    ].join('\n'),
  )
})

test('an error in the data of COPY has the line of the data', async () => {
  expect(await failureOf('data.sql', '\n\nCOPY notes FROM stdin;\n1\ta\nx\tb\n\\.\n')).toBe(
    [
      'SEED_FAILED',
      'ROOT/data.sql:5: invalid input syntax for type integer: "x" (SQLSTATE 22P02).',
      'Last log lines:',
      '  COPY notes FROM stdin;',
      '  CONTEXT:  COPY notes, line 2, column id: "x"',
    ].join('\n'),
  )
})

test('what a seed cannot run is refused with file and line, or with the file', async () => {
  expect(await failureOf('if.sql', 'SELECT 1;\n\\if true\n')).toBe(
    [
      'SEED_FAILED',
      'ROOT/if.sql:2: moorage cannot run the psql command \\if.',
      'Last log lines:',
      "  Run psql from a seed.ts instead: execFileSync('psql', ['-v', 'ON_ERROR_STOP=1', '-f', file, url]).",
    ].join('\n'),
  )
  expect(await failureOf('wide.sql', Buffer.from('\uFEFFSELECT 1', 'utf16le'))).toBe(
    'SEED_FAILED\nROOT/wide.sql is encoded in UTF-16, which PostgreSQL does not read. Save it as UTF-8.',
  )
  expect(await failureOf('custom.sql', 'PGDMP\x01')).toBe(
    'SEED_FAILED\nROOT/custom.sql is a custom-format dump. Convert it: pg_restore -f seed.sql ROOT/custom.sql.',
  )
})

test('a dump in another encoding keeps its bytes', async () => {
  const file = write(
    'latin1.sql',
    Buffer.from(
      "SET client_encoding = 'LATIN1'; CREATE TABLE latin (t text); INSERT INTO latin VALUES ('caf\xE9');",
      'latin1',
    ),
  )
  await runSqlFile(file, { url: env.endpoints.db.url, root })
  expect(await query('SELECT t FROM latin')).toEqual([{ t: 'café' }])
})

const hasPsql = spawnSync('psql', ['--version']).status === 0

test.skipIf(!hasPsql)(
  `psql reads the same dump to the same rows${hasPsql ? '' : ' (no psql on this machine)'}`,
  async () => {
    await query('CREATE DATABASE by_psql')
    const url = env.endpoints.db.url.replace(/\/test$/, '/by_psql')
    const file = write('plain.sql', Buffer.from(DUMP.replace(/^\\(un)?restrict.*$/gm, ''), 'latin1'))
    const { PGSSLMODE: _, PGOPTIONS: __, ...shell } = process.env
    spawnSync('psql', ['-v', 'ON_ERROR_STOP=1', '-q', '-f', file, url], { stdio: 'inherit', env: shell })
    const rows = 'SELECT id, text FROM notes WHERE id < 10 ORDER BY id'
    expect(await query(rows, 'by_psql')).toEqual(await query(rows))
  },
)
