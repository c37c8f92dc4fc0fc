import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  defineConfig,
  plainProcess as plain,
  postgres,
  provision,
  type PostgresConnection,
  type ProvisionOptions,
} from '../../packages/moorage/src/index.ts'
import { PostgresClient } from '../../packages/services/src/wire/postgres-client.ts'

let root: string
beforeAll(() => void (root = mkdtempSync(join(tmpdir(), 'moorage-postgres-'))))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const { MOORAGE: _, ...own } = process.env
const options = (cache: string): ProvisionOptions => ({
  env: { ...own, CI: '', MOORAGE_PROVIDER: '', MOORAGE_CACHE_DIR: join(root, cache), MOORAGE_SUPERVISOR: 'inline' },
  onProgress: () => {},
})

async function query({ url }: PostgresConnection, sql: string): Promise<readonly unknown[]> {
  await using client = await PostgresClient.open(url)
  return (await client.query(sql)).map((row) => Object.values(row).join(' '))
}

const who = 'SELECT current_user, current_database()'

test('names that are equal once they are joined: each service has its own user and database, twice', async () => {
  for (const round of ['from initdb', 'from the template']) {
    const services = {
      a: postgres({ username: 'a', database: 'b-c', settings: { max_connections: 17 } }),
      b: postgres({ username: 'a-b', database: 'c' }),
    }
    await using env = await provision(defineConfig({ root, provider: plain(), services }), options('names'))
    expect([round, ...(await query(env.endpoints.a, who)), ...(await query(env.endpoints.b, who))]).toEqual([
      round,
      'a b-c',
      'a-b c',
    ])
    expect(await query(env.endpoints.a, 'SHOW max_connections')).toEqual(['17'])
    const sorted = "SELECT string_agg(name, '' ORDER BY name) FROM unnest(ARRAY['a', 'B', 'b', 'A']) AS name"
    expect(await query(env.endpoints.b, sorted)).toEqual(['ABab'])
  }
}, 60_000)

test('a damaged template is created again, and no partial copy stays', async () => {
  const folders = (): readonly string[] => readdirSync(join(root, 'damaged'), { recursive: true, encoding: 'utf8' })
  const services = { db: postgres({ username: 'damaged' }) }
  const start = async (): Promise<void> => {
    await using env = await provision(defineConfig({ root, provider: plain(), services }), options('damaged'))
    expect(await query(env.endpoints.db, who)).toEqual(['damaged test'])
  }
  await start()
  const template = /cluster-[0-9a-f]+\.tar$/
  for (const path of folders().filter((file) => template.test(file))) truncateSync(join(root, 'damaged', path), 100_000)
  await start()
  for (const path of folders().filter((file) => template.test(file)))
    expect(statSync(join(root, 'damaged', path)).size).toBeGreaterThan(1_000_000)
  expect(folders().filter((path) => path.endsWith('.part'))).toEqual([])
}, 60_000)
