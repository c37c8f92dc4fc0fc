import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { isolated } from 'moorage/test'
import pg from 'pg'

let client: pg.Client

// Each test gets a database that contains what the seed created.
beforeEach(async () => {
  client = new pg.Client({ connectionString: (await isolated('db')).url })
  await client.connect()
})
afterEach(() => client.end())

test('a note is added', async () => {
  await client.query("INSERT INTO notes (text) VALUES ('from a test')")
  const { rows } = await client.query('SELECT text FROM notes ORDER BY id')
  assert.deepEqual(rows, [{ text: 'from the seed' }, { text: 'from a test' }])
})

test('the notes of other tests are absent', async () => {
  const { rows } = await client.query('SELECT text FROM notes')
  assert.deepEqual(rows, [{ text: 'from the seed' }])
})
