import { expect, test } from 'vitest'
import { createObject } from '../../../packages/provider-kubernetes/src/api/create-object.ts'
import { PendingReason } from '../../../packages/provider-kubernetes/src/api/wait-reason.ts'
import { startApiStub } from '../api-stub.ts'

const body = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'db' } }

test('the reason for which a creation waits is reported while it waits, to later listeners too', async () => {
  const message =
    'pods "db" is forbidden: error looking up service account ci/default: serviceaccount "default" not found'
  await using stub = await startApiStub(() =>
    stub.calls.length < 3 ? { status: 403, body: { message } } : { status: 201, body },
  )
  const reasons = new PendingReason()
  const early: string[] = []
  const unsubscribe = reasons.subscribe((reason) => void early.push(reason))
  await createObject(stub.client, {
    path: '/api/v1/namespaces/ci/pods',
    body,
    onRetry: (reason) => reasons.add(reason),
  })
  expect(early).toEqual([message, message])
  const late: string[] = []
  reasons.subscribe((reason) => void late.push(reason))
  expect(late).toEqual([message])
  unsubscribe()
  reasons.add('more')
  expect([early.length, late.length]).toEqual([2, 2])
})
