import { services } from 'moorage/test'
import pg from 'pg'
import { expect, test } from 'vitest'

test('the database answers', async () => {
  const client = new pg.Client({ connectionString: services().__service__.url })
  await client.connect()
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  await client.end()
})
