import { spawn, spawnSync } from 'node:child_process'
import type { EventEmitter } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Slot } from '@moorage/core'
import {
  defineConfig,
  postgres,
  plainProcess as plain,
  provision,
  type Environment,
  type PostgresConnection,
} from '../../packages/moorage/src/index.ts'
import { openSlot as openPostgres } from '../../packages/services/src/isolation/postgres.ts'
import { openSlot as openRedis } from '../../packages/services/src/isolation/redis.ts'
import { RedisClient } from '../../packages/services/src/wire/redis-client.ts'
import { thrownMessage } from '../thrown-error.ts'

// The drivers are those of a project of a user's.
const root = resolve('e2e/fixtures/isolation')
const { Client } = createRequire(join(root, 'package.json'))('pg') as {
  readonly Client: new (options: { connectionString: string }) => EventEmitter & {
    connect(): Promise<void>
    query(sql: string): Promise<{ rows: object[] }>
    end(): Promise<void>
  }
}

const slot = (name: string, more: Partial<Slot> = {}): Slot => ({
  service: 'db',
  name: `run_${name}`,
  prefix: 'run_',
  fresh: false,
  stale: () => false,
  ...more,
})

let cache: string
beforeAll(() => void (cache = mkdtempSync(join(tmpdir(), 'moorage-isolation-'))))
afterAll(() => rmSync(cache, { recursive: true, force: true }))

describe('a PostgreSQL that is isolated', () => {
  let env: Environment<{ db: PostgresConnection }>
  beforeAll(async () => {
    const config = defineConfig({
      root,
      provider: plain(),
      services: { db: postgres({ seed: './schema.sql', isolate: 'test' }) },
    })
    const { MOORAGE: _, ...own } = process.env
    env = await provision(config, {
      env: { ...own, CI: '', MOORAGE_PROVIDER: '', MOORAGE_CACHE_DIR: cache, MOORAGE_SUPERVISOR: 'inline' },
      onProgress: () => {},
    })
  }, 60_000)
  afterAll(() => env.dispose())

  const query = async (
    sql: string,
    { url }: { readonly url?: unknown } = env.endpoints.db,
  ): Promise<readonly object[]> => {
    const client = new Client({ connectionString: String(url) })
    await client.connect()
    return await client
      .query(sql)
      .then(({ rows }) => rows)
      .finally(() => client.end())
  }
  const open = (asked: Slot): ReturnType<typeof openPostgres> => openPostgres({ ...env.endpoints.db }, asked)
  const databases = async (): Promise<readonly unknown[]> =>
    (await query("SELECT datname FROM pg_database WHERE datname LIKE 'run%' ORDER BY 1")).map(
      (row) => Object.values(row)[0],
    )

  test('no session can be opened on what the clones are made of', async () => {
    const url = env.endpoints.db.url.replace(/\/test$/, '/moorage_template')
    await expect(query('SELECT 1', { url })).rejects.toThrow(
      'database "moorage_template" is not currently accepting connections',
    )
  })

  test('eight clones at once, while another client tries to open their template: each has what the seed made, and an index', async () => {
    const url = env.endpoints.db.url.replace(/\/test$/, '/moorage_template')
    let done = false
    const disturbing = (async () => {
      while (!done) await query('SELECT pg_sleep(0.01)', { url }).catch(() => {})
    })()
    const slots = await Promise.all(Array.from({ length: 8 }, (_, i) => open(slot(`at_once_${i}`)))).finally(
      () => (done = true),
    )
    await disturbing
    for (const { url: own, database } of slots) {
      expect(await query('SELECT * FROM notes', { url: own })).toEqual([{ author: 'seed', number: 0 }])
      expect(
        await query("SELECT indexname, current_database() AS at FROM pg_indexes WHERE tablename = 'notes'", {
          url: own,
        }),
      ).toEqual([{ indexname: 'notes_author_idx', at: database }])
    }
  })

  test('a slot is kept until it is to be fresh; then sessions on it are ended, and the shared database is never touched', async () => {
    const first = await open(slot('kept'))
    await query("INSERT INTO notes VALUES ('mine', 1)", first)
    await query("INSERT INTO notes VALUES ('shared', 1)")
    const left = new Client({ connectionString: String(first.url) })
    const ended = new Promise<string>((told) => void left.on('error', ({ message }: Error) => told(message)))
    await left.connect()
    expect(await query('SELECT author FROM notes ORDER BY 1', await open(slot('kept')))).toEqual([
      { author: 'mine' },
      { author: 'seed' },
    ])
    expect(await query('SELECT author FROM notes ORDER BY 1', await open(slot('kept', { fresh: true })))).toEqual([
      { author: 'seed' },
    ])
    expect(await ended).toMatch(/terminat/)
    expect(await query('SELECT author FROM notes ORDER BY 1')).toEqual([{ author: 'seed' }, { author: 'shared' }])
  })

  test('isolated() says which call left a session open, and nothing of clients that were closed', async () => {
    const code = `import { createRequire } from 'node:module'
import { isolated } from ${JSON.stringify(resolve('packages/core/src/isolated.ts'))}
const { Client } = createRequire(${JSON.stringify(join(root, 'package.json'))})('pg')
const connect = async ({ url }) => {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}
await (await connect(await isolated('db'))).end()
await connect(await isolated('db'))
await (await connect(await isolated('db'))).end()
`
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      cwd: root,
      env: { ...process.env, MOORAGE: env.env['MOORAGE'] },
    })
    expect(stdout + stderr.replace(/ at \S+:11:\d+/, ' at CALL')).toBe(
      `moorage: services.db: 1 session was still open on the database of the test that called isolated('db') at CALL, and moorage has ended it. An error in a later test, such as "terminating connection", comes from there. Close the client before that test ends.\n`,
    )
  })

  test('what runners that are gone have left goes when another makes its own', async () => {
    await open(slot('gone'))
    await open(slot('new', { stale: (name) => name === 'run_gone' }))
    expect(await databases()).toContain('run_new')
    expect(await databases()).not.toContain('run_gone')
  })

  test('PGSSLMODE and PGOPTIONS of the shell, and a project without a driver, change nothing', async () => {
    const code = `import { openSlot } from ${JSON.stringify(resolve('packages/services/src/isolation/postgres.ts'))}
const slot = { service: 'db', name: 'run_shell', prefix: 'run_', fresh: true, stale: () => false }
await openSlot(${JSON.stringify(env.endpoints.db)}, slot).then(({ database }) => console.log(database))`
    const shell = { ...process.env, PGSSLMODE: 'require', PGOPTIONS: '--no-such-option', PGHOST: 'nowhere' }
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      cwd: tmpdir(),
      env: shell,
    })
    expect(stdout + stderr).toBe('run_shell\n')
    expect(await databases()).toContain('run_shell')
  })
})

const noRedis = spawnSync('sh', ['-c', 'command -v redis-server']).status !== 0

describe.skipIf(noRedis)(
  `a Redis of six databases${noRedis ? ' (no redis-server to run as a plain process)' : ''}`,
  () => {
    let url: string
    let child: ReturnType<typeof spawn>
    beforeAll(async () => {
      const port = await freePort()
      url = `redis://:word@127.0.0.1:${port}/0`
      child = spawn(
        'redis-server',
        [
          '--bind',
          '127.0.0.1',
          '--port',
          String(port),
          '--save',
          '',
          '--requirepass',
          'word',
          '--databases',
          '6',
          '--dir',
          cache,
        ],
        { stdio: ['ignore', 'pipe', 'ignore'] },
      )
      for await (const text of child.stdout ?? []) if (String(text).includes('Ready to accept connections')) break
    })
    afterAll(async () => {
      const gone = new Promise((done) => child.once('exit', done))
      child.kill()
      await gone
    })

    const open = async (name: string, more: Partial<Slot> = {}): Promise<unknown> =>
      (await openRedis({ url }, slot(name, { service: 'cache', ...more }))).database

    test('each worker has a number, as many as there are; then a clear refusal, until one is free', async () => {
      const numbers = await Promise.all(['a', 'b', 'c', 'a'].map((name) => open(name)))
      expect([...new Set(numbers)].sort()).toEqual([3, 4, 5])
      expect(numbers[3]).toBe(numbers[0])
      expect(await thrownMessage(() => open('d'))).toBe(
        'ISOLATION_FAILED\nservices.cache.isolate: this Redis has 6 databases. moorage uses 3 of them, and running workers use all the others.\nUse fewer workers, or an image whose server starts with a larger --databases.',
      )
      expect(await open('d', { stale: (name) => name === 'run_b' })).toBe(numbers[1])
      expect(await open('a', { fresh: true })).toBe(numbers[0])
    })

    test('a refusal of Redis is quoted, a text of many bytes comes whole, and a number in a list too', async () => {
      using redis = await RedisClient.open(url)
      expect(await thrownMessage(() => redis.call('NOPE'))).toMatch(
        /^ISOLATION_FAILED\nRedis answered: ERR unknown command 'NOPE'/,
      )
      const text = 'mooring – ⚓ '.repeat(20_000)
      expect(await redis.call('SET', 'text', text)).toBe('OK')
      expect(await redis.call('GET', 'text')).toBe(text)
      expect(await redis.call('EVAL', "return { 1, { 'two', false } }", '0')).toEqual([1, ['two', null]])
      await expect(RedisClient.open(url.replace('word', 'wrong'))).rejects.toThrow('Redis answered: WRONGPASS')
    })
  },
)

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  await new Promise((done) => server.close(done))
  return port
}
