import { services } from 'moorage/test'
import { createClient } from 'redis'
import { expect, test } from 'vitest'

test('the database answers', async () => {
  const client = await createClient({ url: services().__service__.url }).connect()
  expect(await client.ping()).toBe('PONG')
  client.destroy()
})
