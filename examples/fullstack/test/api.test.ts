import { MongoClient } from 'mongodb'
import { services } from 'moorage/test'
import { expect, test } from 'vitest'

const { api, db } = services()
const notes = new URL('/notes', api.url)

test('a posted note is stored in the database and listed', async () => {
  const { status } = await fetch(notes, { method: 'POST', body: JSON.stringify({ text: 'from the API' }) })
  expect(status).toBe(201)
  await using client = await new MongoClient(db.url).connect()
  expect(await client.db().collection('notes').findOne({ text: 'from the API' })).not.toBeNull()
  expect(await (await fetch(notes)).json()).toContain('from the API')
})
