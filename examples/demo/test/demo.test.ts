import { services } from 'moorage/test'
import pg from 'pg'
import { expect, test } from 'vitest'

const nonce = process.env['DEMO_NONCE'] ?? 'none'
const { db, api, web } = services()

test('the database is a real PostgreSQL server with the seed, and stores new rows', async () => {
  const client = new pg.Client({ connectionString: db.url })
  await client.connect()
  await client.query('INSERT INTO notes (text) VALUES ($1)', [nonce])
  const { rows } = await client.query('SELECT text FROM notes ORDER BY id')
  await client.end()
  // Between them are the rows of earlier runs, if `moorage up` keeps the services.
  expect([rows.at(0), rows.at(-1)]).toEqual([{ text: 'seeded once per run' }, { text: nonce }])
})

test('the npm server reads the same database', async () => {
  const response = await fetch(new URL('/notes', api.url))
  expect(await response.json()).toContain(nonce)
})

test('the static site serves the page of this build', async () => {
  const response = await fetch(web.url)
  expect(response.headers.get('content-type')).toMatch('text/html')
  expect(await response.text()).toContain(`<p id="nonce">${nonce}</p>`)
})
