import { expect, test } from 'vitest'
import { findOwnerPod } from '../../../packages/provider-kubernetes/src/cluster/owner-pod.ts'
import type { ApiClient } from '../../../packages/provider-kubernetes/src/api/client.ts'
import type { ApiResponse } from '../../../packages/provider-kubernetes/src/api/types.ts'

// Recorded: what a cluster answers. From within a real pod: e2e/providers/kubernetes-ci-pod.test.ts.
const NOTHING = { ownerReferences: [], labels: {} }
const pod = (status: object, more: object = {}): ApiResponse => ({
  status: 200,
  body: { items: [{ metadata: { name: 'job', uid: 'u', labels: { 'runner-pod': 'r' }, ...more }, status }] },
})

async function find(answer: () => Promise<ApiResponse>, env = {}): Promise<unknown> {
  const client = { call: answer } as unknown as ApiClient
  return await findOwnerPod(
    client,
    { namespace: 'ci', env: { POD_NAME: 'job', ...env }, addresses: ['10.1.2.3'] },
    new AbortController().signal,
  )
}

test.for<readonly [what: string, answer: () => Promise<ApiResponse>]>([
  ['who may not list pods', () => Promise.resolve({ status: 403, body: { kind: 'Status' } })],
  ['whom the API does not answer', () => Promise.reject(new RangeError('ECONNREFUSED'))],
  ['in a container of another name', () => Promise.resolve({ status: 200, body: { items: null } })],
  ['where a pod of that name has another address', () => Promise.resolve(pod({ podIP: '192.0.2.1' }))],
  [
    'whose pod is being deleted',
    () => Promise.resolve(pod({ podIP: '10.1.2.3' }, { deletionTimestamp: '2026-01-01T00:00:00Z' })),
  ],
  ['where a pod of that name never has an address', () => Promise.resolve(pod({}))],
])('no pod owns the run of one %s', async ([_what, answer]) => expect(await find(answer)).toEqual(NOTHING))

test('a pod that has only just started is asked for its address again', async () => {
  const answers = [pod({}), pod({}), pod({ podIP: '10.1.2.3' })]
  expect(await find(() => Promise.resolve(answers.shift() as ApiResponse))).toMatchObject({
    ownerReferences: [{ uid: 'u' }],
  })
})

const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'job', uid: 'u', blockOwnerDeletion: false }]

test("a workflow's pod owns the run, and gives it ARC's label", async () => {
  expect(await find(() => Promise.resolve(pod({ podIP: '10.1.2.3' })))).toEqual({
    ownerReferences,
    labels: { 'runner-pod': 'r' },
  })
})

test("a runner's own pod is the one that the label names; any other has no such label", async () => {
  const plain = pod({ podIP: '10.1.2.3' }, { labels: {} })
  expect(await find(() => Promise.resolve(plain), { ACTIONS_RUNNER_POD_NAME: 'job' })).toEqual({
    ownerReferences,
    labels: { 'runner-pod': 'job' },
  })
  expect(await find(() => Promise.resolve(plain))).toEqual({ ownerReferences, labels: {} })
})
