import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'

const client = new MongoClient(inject('moorage').db.url)
const users = client.db().collection<{ name: string; visits: number }>('users')

beforeAll(async () => {
  await client.connect()
  // Services that `moorage up` keeps have the data of earlier runs.
  await users.deleteMany({})
  await users.createIndex({ name: 1 }, { unique: true })
})
afterAll(() => client.close())

test('an update changes the stored user', async () => {
  await users.insertOne({ name: 'Ada', visits: 1 })
  await users.updateOne({ name: 'Ada' }, { $inc: { visits: 2 } })
  expect(await users.findOne({ name: 'Ada' })).toMatchObject({ name: 'Ada', visits: 3 })
})

test('a unique index rejects a duplicate name', async () => {
  await users.insertOne({ name: 'Grace', visits: 1 })
  await expect(users.insertOne({ name: 'Grace', visits: 1 })).rejects.toMatchObject({ code: 11000 })
})

test('an aggregation sums the visits', async () => {
  const [total] = await users
    .aggregate<{ visits: number }>([{ $group: { _id: null, visits: { $sum: '$visits' } } }])
    .toArray()
  expect(total?.visits).toBe(4)
})
