import { services } from 'moorage/test'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, test } from 'vitest'

const db = new pg.Client({ connectionString: services().db.url })
const cache = createClient({ url: services().cache.url })

beforeAll(async () => {
  await Promise.all([db.connect(), cache.connect()])
  // Services that `moorage up` keeps have the data of earlier runs.
  await cache.del('title:1')
})
afterAll(() => Promise.all([db.end(), cache.close()]))

async function title(id: number): Promise<{ title: string; from: 'cache' | 'database' }> {
  const cached = await cache.get(`title:${id}`)
  if (cached !== null) return { title: cached, from: 'cache' }
  const { rows } = await db.query<{ title: string }>('SELECT title FROM articles WHERE id = $1', [id])
  await cache.set(`title:${id}`, rows[0]!.title, { EX: 60 })
  return { title: rows[0]!.title, from: 'database' }
}

test('the first read comes from the seeded database, the second from the cache', async () => {
  expect(await title(1)).toEqual({ title: 'Mooring', from: 'database' })
  expect(await title(1)).toEqual({ title: 'Mooring', from: 'cache' })
})

test('the cache expires', async () => {
  await cache.set('short', 'lived', { PX: 20 })
  expect(await cache.pTTL('short')).toBeGreaterThan(0)
  await expect.poll(() => cache.get('short')).toBeNull()
})
