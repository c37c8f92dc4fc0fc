import { setTimeout as sleep } from 'node:timers/promises'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { watch } from '../../../packages/provider-kubernetes/src/api/watch.ts'
import { sendJson, startStandIn } from '../api-stand-in.ts'
import { thrownMessage } from '../../thrown-error.ts'

const pod = { metadata: { name: 'p', uid: 'u', resourceVersion: '7', creationTimestamp: '' } }
const list = { metadata: { resourceVersion: '6' }, items: [] }

/** Answers a watch with one pod, and leaves it open. */
function showPod(response: ServerResponse): void {
  response.writeHead(200).write(`${JSON.stringify({ type: 'ADDED', object: pod })}\n`)
}

test('a refusal that passes ends no watch', async () => {
  let denials = 3
  const api = await startStandIn({
    answer(_, response) {
      if (denials-- > 0) sendJson(response, 403, { message: 'pods is forbidden' })
      else showPod(response)
    },
  })
  const end = new AbortController()
  const changes = watch(api.client, { path: '/pods', query: {}, fromVersion: '1', signal: end.signal })
  expect((await changes.next()).value).toEqual({ type: 'ADDED', object: pod })
  end.abort()
  await api.close()
})

test('a refusal that stays is thrown', async () => {
  const api = await startStandIn({ answer: (_, response) => sendJson(response, 403, { message: 'pods is forbidden' }) })
  const changes = watch(api.client, { path: '/pods', query: {}, fromVersion: '1', signal: AbortSignal.timeout(20_000) })
  expect(await thrownMessage(() => changes.next())).toBe(
    'START_FAILED\nThe Kubernetes API refused GET /pods: pods is forbidden.',
  )
  await api.close()
})

test.each([
  ['says that its version has expired', `${JSON.stringify({ type: 'ERROR', object: {} })}\n`],
  ['ends at once', ''],
])('a server that %s is not flooded with requests', async (_, body) => {
  const api = await startStandIn({
    answer(request, response) {
      if (request.url?.includes('watch=true')) response.writeHead(200).end(body)
      else sendJson(response, 200, list)
    },
  })
  const end = new AbortController()
  const changes = watch(api.client, { path: '/pods', query: {}, fromVersion: '1', signal: end.signal })
  const next = changes.next()
  await sleep(1_000)
  end.abort()
  await next
  // 25 ms, doubled each time: a list and a watch each.
  expect(api.requests.length).toBeLessThan(16)
  expect(api.requests.length).toBeGreaterThan(3)
  await api.close()
})
