const { isolated, logs, services } = require('moorage/test')
const { Client } = require('pg')

let client

// Each test gets a database that contains what the seed created.
beforeEach(async () => {
  const { url } = await isolated('db')
  client = new Client({ connectionString: url })
  await client.connect()
})
afterEach(() => client.end())

test('a note is added', async () => {
  await client.query("INSERT INTO notes (text) VALUES ('from a test')")
  const { rows } = await client.query('SELECT text FROM notes ORDER BY id')
  expect(rows).toEqual([{ text: 'from the seed' }, { text: 'from a test' }])
})

test('the notes of other tests are absent', async () => {
  const { rows } = await client.query('SELECT text FROM notes')
  expect(rows).toEqual([{ text: 'from the seed' }])
})

test('the log and the shared connection are available too', async () => {
  expect(services().db.url).toBe(process.env.DB_URL)
  expect(await logs('db')).not.toHaveLength(0)
})
