import { expect, test } from 'vitest'
import { findCiPod } from '../../packages/provider-kubernetes/src/ci-pod.ts'
import type { Answer, Client } from '../../packages/provider-kubernetes/src/client.ts'

// Recorded: what a cluster answers to those whom it does not take for the pod. The rest is in
// e2e/providers/kubernetes-ci-pod.test.ts, from within one.
const NOTHING = { owners: [], labels: {} }
const pod = (status: object, more: object = {}): Answer => ({ status: 200, body: { items: [{ metadata: { name: 'job', uid: 'u', labels: { 'runner-pod': 'r' }, ...more }, status }] } })

async function find(answer: () => Promise<Answer>): Promise<unknown> {
  const client = { call: answer } as unknown as Client
  return await findCiPod(client, { namespace: 'ci', env: { POD_NAME: 'job' } }, new AbortController().signal)
}

test.for<readonly [what: string, answer: () => Promise<Answer>]>([
  ['who may not list pods', () => Promise.resolve({ status: 403, body: { kind: 'Status' } })],
  ['whom the API does not answer', () => Promise.reject(new RangeError('ECONNREFUSED'))],
  ['in a container of another name', () => Promise.resolve({ status: 200, body: { items: null } })],
  ['where a pod of that name has another address', () => Promise.resolve(pod({ podIP: '192.0.2.1' }))],
  ['where a pod of that name has no address yet', () => Promise.resolve(pod({}))],
])('nobody owns the run of one %s', async ([_what, answer]) => expect(await find(answer)).toEqual(NOTHING))
