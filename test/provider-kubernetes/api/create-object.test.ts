import { expect, test } from 'vitest'
import { tryCreateObject } from '../../../packages/provider-kubernetes/src/api/create-object.ts'
import { sendJson, startStandIn } from '../api-stand-in.ts'

const created = { metadata: { name: 'db', uid: 'u', labels: { 'moorage.run': 'r' } } }

test.each([
  ['a pod, which the documented role may list and not get', 'pods', 'GET', { items: [created] }],
  ['a Job, which the documented role may only patch', 'jobs', 'PATCH', created],
])('an object whose creation was not answered is found: %s', async (_, kind, verb, body) => {
  const api = await startStandIn({
    answer({ method, url = '' }, response) {
      if (method === 'POST') return sendJson(response, 409, { reason: 'AlreadyExists', message: 'db exists' })
      const listed = verb === 'PATCH' || url === '/pods?fieldSelector=metadata.name%3Ddb'
      if (method === verb && listed) return sendJson(response, 200, body)
      sendJson(response, 403, { message: 'forbidden' })
    },
  })
  const result = await tryCreateObject(api.client, { path: `/${kind}`, body: created })
  expect(result).toMatchObject({ object: created })
  await api.close()
})

test("an object of the same name with another run's label is not taken for it", async () => {
  const foreign = { metadata: { name: 'db', uid: 'u', labels: { 'moorage.run': 'other' } } }
  const api = await startStandIn({
    answer({ method }, response) {
      if (method === 'POST') sendJson(response, 409, { reason: 'AlreadyExists', message: 'db exists' })
      else sendJson(response, 200, { items: [foreign] })
    },
  })
  expect(await tryCreateObject(api.client, { path: '/pods', body: created })).toMatchObject({ status: 409 })
  await api.close()
})
