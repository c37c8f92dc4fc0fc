import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  defineConfig,
  docker,
  mongodb,
  postgres,
  provision,
  redis,
  type Environment,
  type MongodbConnection,
  type PostgresConnection,
  type RedisConnection,
} from '../../packages/moorage/src/index.ts'
import { missing } from '../../e2e/harness/engine.ts'
import { MongodbClient } from '../../packages/services/src/wire/mongodb-client.ts'
import { PostgresClient } from '../../packages/services/src/wire/postgres-client.ts'
import { RedisClient } from '../../packages/services/src/wire/redis-client.ts'

const reason = missing('docker')
const image = `moorage-own-postgres:${randomBytes(4).toString('hex')}`
const ownImage = ['postgres', '-c', 'max_connections=7']

describe.skipIf(reason)(`presets on Docker${reason ? ` (${reason})` : ''}`, () => {
  let root: string
  let env: Environment<{
    db: PostgresConnection
    own: PostgresConnection
    cache: RedisConnection
    documents: MongodbConnection
  }>

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'moorage-presets-'))
    const id = execFileSync('docker', ['create', 'postgres:17'], { encoding: 'utf8' }).trim()
    execFileSync('docker', ['commit', '--change', `CMD ${JSON.stringify(ownImage)}`, id, image])
    execFileSync('docker', ['rm', id])
    const services = {
      db: postgres({ settings: { max_connections: 200, work_mem: '12MB' } }),
      own: postgres({ image, settings: { work_mem: '12MB' } }),
      documents: mongodb(),
      cache: redis({ settings: { maxmemory: '64mb', 'notify-keyspace-events': 'KEA' } }),
    }
    const { MOORAGE: _, ...own } = process.env
    env = await provision(defineConfig({ root, provider: docker(), services }), {
      env: {
        ...own,
        CI: '',
        MOORAGE_PROVIDER: '',
        MOORAGE_CACHE_DIR: join(root, 'cache'),
        MOORAGE_SUPERVISOR: 'inline',
      },
      onProgress: () => {},
    })
  }, 120_000)

  afterAll(async () => {
    await env?.dispose()
    rmSync(root, { recursive: true, force: true })
    execFileSync('docker', ['rmi', image])
  })

  const show = async ({ url }: PostgresConnection, names: readonly string[]): Promise<readonly unknown[]> => {
    await using client = await PostgresClient.open(url)
    const rows = await client.query(names.map((name) => `SHOW ${name}`).join(';'))
    return rows.map((row) => Object.values(row)[0])
  }

  test('settings reach PostgreSQL, and an image of one’s own keeps its command', async () => {
    const names = ['max_connections']
    expect(await show(env.endpoints.db, names)).toEqual(['200'])
    expect(await show(env.endpoints.own, names)).toEqual(['7'])
    for (const db of [env.endpoints.db, env.endpoints.own]) {
      expect(await show(db, ['work_mem'])).toEqual(['12MB'])
      expect(await show(db, ['fsync'])).toEqual(['off'])
      await using client = await PostgresClient.open(db.url)
      expect(await client.query('SELECT datcollate FROM pg_database WHERE datname = current_database()')).toEqual([
        { datcollate: 'C' },
      ])
    }
  })

  test('/dev/shm has more than the 64 MB of an engine', async () => {
    const { stdout } = await env.exec('db', ['df', '-P', '-m', '/dev/shm'])
    expect(Number(/\s(\d+)\s+\d+\s+\d+\s+\d+%/.exec(stdout)?.[1])).toBeGreaterThan(64)
  })

  test('MongoDB accepts the login of the administration client', async () => {
    using client = await MongodbClient.open(env.endpoints.documents.url)
    expect(await client.command({ listDatabases: 1, nameOnly: true })).toMatchObject({ ok: 1 })
    await expect(MongodbClient.open(env.endpoints.documents.url.replace('root:', 'root:x'))).rejects.toThrow(
      /authentication failed/i,
    )
  })

  test('settings reach Redis, which the entrypoint of its image starts', async () => {
    using client = await RedisClient.open(env.endpoints.cache.url)
    expect(await client.call('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', String(64 * 1024 * 1024)])
    expect(await client.call('CONFIG', 'GET', 'save')).toEqual(['save', ''])
    expect(await client.call('CONFIG', 'GET', 'notify-keyspace-events')).toEqual(['notify-keyspace-events', 'AKE'])
  })

  test('the password of Redis is in a file of its user, and in no argument', async () => {
    const { url, password } = env.endpoints.cache
    using client = await RedisClient.open(url)
    expect(await client.call('INFO', 'server')).toContain('config_file:/data/moorage.conf\r\n')
    const { stdout } = await env.exec('cache', ['sh', '-c', 'stat -c %a /data/moorage.conf; cat /data/moorage.conf'])
    expect(stdout).toBe(`600\nrequirepass ${password}\n`)
    const seen = await env.exec('cache', ['sh', '-c', 'cat /proc/[0-9]*/cmdline'])
    expect(seen.stdout).not.toContain(password)
    const ids = execFileSync('docker', ['ps', '-q'], { encoding: 'utf8' }).trim().split('\n')
    const format = '{{.Path}} {{json .Args}} {{json .Config.Cmd}}'
    expect(execFileSync('docker', ['inspect', '--format', format, ...ids], { encoding: 'utf8' })).not.toContain(
      password,
    )
  })
})
