import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { bed, docker } from './bed.ts'
import type { Outcome } from './bed.ts'
import { eventually, exec, exitCodeAfterStop, start } from './container.ts'

before(async () => {
  const { code, err } = await bed('up')
  assert.equal(code, 0, err)
})

after(() => bed('down'))

/** A client in a container of its own: only from there can the temporary server's refusal of the network be seen. */
async function psql(server: string, password: string, sql: string): Promise<Outcome> {
  const host = (await docker('inspect', '-f', '{{.NetworkSettings.IPAddress}}', server)).out.trim()
  const command = ['psql', '-h', host, '-U', 'me', '-d', 'mine', '-Atc', sql]
  return docker('run', '--rm', '-e', `PGPASSWORD=${password}`, 'postgres:17', ...command)
}

test('postgres refuses to start without a password, and says why', async () => {
  const { code, err } = await docker('run', '--rm', 'postgres:17')
  assert.equal(code, 1)
  assert.match(err, /^Error: Database is uninitialized and superuser password is not specified\.\n.*POSTGRES_PASSWORD/)
})

test('postgres runs its init scripts on a temporary server that the network does not reach', async () => {
  const slow =
    'echo "select pg_sleep(2); create table t as select 7 as n" > /docker-entrypoint-initdb.d/1.sql; ' +
    'exec docker-entrypoint.sh "$@"'
  const { id } = await start(
    5432,
    '-e',
    'POSTGRES_PASSWORD=right',
    '-e',
    'POSTGRES_USER=me',
    '-e',
    'POSTGRES_DB=mine',
    '--entrypoint',
    'sh',
    'postgres:17',
    '-c',
    slow,
    'sh',
    '-c',
    'max_connections=33',
  )
  await eventually('the temporary server', () => exec(id, 'pg_isready', '-q'))
  assert.match((await psql(id, 'right', 'select 1')).err, /Connection refused/)
  await eventually('the real server', async () => (await psql(id, 'right', 'select 1')).code === 0 || undefined)
  assert.equal((await psql(id, 'right', 'select n, current_user from t')).out, '7|me\n')
  assert.equal((await psql(id, 'right', 'show max_connections')).out, '33\n')
  assert.match((await psql(id, 'wrong', 'select 1')).err, /password authentication failed for user "me"/)
  assert.equal(await exec(id, 'stat', '-c', '%u %a', '/var/lib/postgresql/data'), '999 700')
  assert.equal(await exitCodeAfterStop(id), '0')
})

test('postgres runs as user 999 from the start, on memory, without capabilities', async () => {
  const { id } = await start(
    5432,
    '-u',
    '999:999',
    '--cap-drop',
    'ALL',
    '--security-opt',
    'no-new-privileges',
    '--tmpfs',
    '/var/lib/postgresql/data:uid=999,gid=999',
    '-e',
    'POSTGRES_PASSWORD=x',
    '-e',
    'POSTGRES_INITDB_ARGS=--data-checksums',
    'postgres:17',
  )
  const ask = ['psql', '-h', '127.0.0.1', '-U', 'postgres', '-Atc', 'show data_checksums']
  const on = await eventually('the server', () => exec(id, ...ask))
  assert.equal(on, 'on')
})
