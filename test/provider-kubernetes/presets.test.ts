import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  defineConfig,
  kubernetes,
  postgres,
  provision,
  redis,
  type Environment,
  type PostgresConnection,
  type RedisConnection,
} from '../../packages/moorage/src/index.ts'
import { kubeconfig, missing } from '../../e2e/harness/engine.ts'
import { PostgresClient } from '../../packages/services/src/wire/postgres-client.ts'
import { RedisClient } from '../../packages/services/src/wire/redis-client.ts'

const reason = missing('kubernetes')

describe.skipIf(reason)(`presets on Kubernetes${reason ? ` (${reason})` : ''}`, () => {
  let root: string
  let env: Environment<{ db: PostgresConnection; cache: RedisConnection }>

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'moorage-presets-'))
    const provider = kubernetes({ context: 'testbed', kubeconfig: kubeconfig('admin'), reach: 'forward' })
    const services = { db: postgres({ isolate: 'worker' }), cache: redis({ settings: { maxmemory: '64mb' } }) }
    const { MOORAGE: _, ...own } = process.env
    env = await provision(defineConfig({ root, provider, services }), {
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
  })

  // The image trusts the pod's loopback, from which forwarded connections come.
  test('the readiness probe leaves no session in PostgreSQL', async () => {
    await using client = await PostgresClient.open(env.endpoints.db.url)
    const sessions = 'SELECT query FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()'
    expect(await client.query(sessions)).toEqual([])
    expect(
      await client.query("SELECT 1 AS one FROM pg_database WHERE datistemplate AND datname LIKE 'moorage%'"),
    ).toEqual([{ one: '1' }])
  })

  test('the password of Redis is in a file of its user', async () => {
    const { url, password } = env.endpoints.cache
    using client = await RedisClient.open(url)
    expect(await client.call('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', String(64 * 1024 * 1024)])
    const { stdout } = await env.exec('cache', ['sh', '-c', 'stat -c %a /data/moorage.conf; cat /data/moorage.conf'])
    expect(stdout).toBe(`600\nrequirepass ${password}\n`)
  })
})
