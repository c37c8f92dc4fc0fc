import { MongoClient } from 'mongodb'
import { services } from 'moorage/test'
import { expect, test } from 'vitest'

test('the database answers', async () => {
  const client = await new MongoClient(services().__service__.url).connect()
  expect(await client.db().command({ ping: 1 })).toMatchObject({ ok: 1 })
  await client.close()
})
