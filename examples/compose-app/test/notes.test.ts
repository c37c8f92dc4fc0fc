import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { services } from 'moorage/test'
import { expect, test } from 'vitest'

const { db, web } = services() as { readonly [service: string]: { readonly url: string } }

test('the page loads its script, compressed', async () => {
  const page = await (await fetch(web.url)).text()
  expect(page).toContain('<title>Notes</title>')
  const script = await fetch(new URL(/src="([^"]+)"/.exec(page)?.[1] ?? '', web.url))
  expect(script.headers.get('content-encoding')).toBe('gzip')
  expect(await script.text()).toContain('New note')
})

test('a note goes through the proxy and the API to the database', async () => {
  const text = randomUUID()
  const notes = new URL('/api/notes', web.url)
  const posted = await fetch(notes, { method: 'POST', body: JSON.stringify({ text }) })
  expect(posted.status).toBe(200)
  expect(await (await fetch(notes)).json()).toContain(text)
  await using client = new MongoClient(db.url)
  expect(await client.db('notes').collection('notes').countDocuments({ text })).toBe(1)
})
