import { hostname } from 'node:os'
import { currentOwner, isAlive } from '@moorage/core'
import { expect, test } from 'vitest'
import type { Cluster } from '../../../packages/provider-kubernetes/src/cluster/select-cluster.ts'
import type { ApiRequest, ApiResponse } from '../../../packages/provider-kubernetes/src/api/types.ts'
import { LIVENESS_ANNOTATION, OWNER_ANNOTATION } from '../../../packages/provider-kubernetes/src/labels.ts'
import { UNCHANGED_SINCE_ANNOTATION } from '../../../packages/provider-kubernetes/src/lifetime/liveness-lease.ts'
import { reap } from '../../../packages/provider-kubernetes/src/reap.ts'

const NOW = Date.parse('2026-01-01T12:00:00Z')
const DELETE = ['DELETE /api/v1/namespaces/ci-1']

/**
 * Recorded: the namespace of a run from a machine with this host name and another boot, an hour old, which a real
 * cluster would take an hour to show.
 */
async function sweep({
  liveness,
  age = 3_600,
  proof,
}: {
  readonly liveness: string
  readonly age?: number
  readonly proof: ApiResponse
}): Promise<readonly string[]> {
  const metadata = {
    name: 'ci-1',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: new Date(NOW - 1_000 * age).toISOString(),
    labels: { 'moorage.run': 'ci-1' },
    annotations: {
      [OWNER_ANNOTATION]: JSON.stringify({ ...currentOwner(), host: `${hostname()}/another-boot/1` }),
      [LIVENESS_ANNOTATION]: liveness,
    },
  }
  const deletions: string[] = []
  const call = ({ method, path, body }: ApiRequest): Promise<ApiResponse> => {
    if (method === 'DELETE') deletions.push(`DELETE ${path}`)
    if (method === 'DELETE') expect(body).toMatchObject({ preconditions: { uid: 'u' } })
    const answer =
      method === 'GET'
        ? path.startsWith('/api/v1/namespaces?')
          ? { status: 200, body: { metadata, items: [{ metadata }] } }
          : proof
        : { status: 200, body: {} }
    // A runner's clock says something else: it is not asked.
    return Promise.resolve({ ...answer, date: NOW })
  }
  const cluster = {
    client: { call },
    policy: { mode: 'create', namespace: 'ci', liveness: 'job' },
  } as unknown as Cluster
  await reap(cluster, { journals: [], alive: isAlive }, new AbortController().signal)
  return deletions
}

const lease = (marked: number | undefined): ApiResponse => ({
  status: 200,
  body: {
    metadata: {
      name: 'ci-1',
      uid: 'u',
      resourceVersion: '7',
      annotations: marked === undefined ? {} : { [UNCHANGED_SINCE_ANNOTATION]: String(NOW - 1_000 * marked) },
    },
    spec: { leaseDurationSeconds: 90 },
  },
})
const gone: ApiResponse = { status: 404, body: {} }
const refused: ApiResponse = { status: 403, body: {} }

test.for<readonly [what: string, expected: readonly string[], seen: Parameters<typeof sweep>[0]]>([
  ['a Job that is there', [], { liveness: 'job', proof: { status: 200, body: {} } }],
  ['a Job that is gone', DELETE, { liveness: 'job', proof: gone }],
  ['a Job that is gone, or not made yet', [], { liveness: 'job', age: 5, proof: gone }],
  ['a Job that may not be looked at', [], { liveness: 'job', proof: refused }],
  ['an unmarked Lease', [], { liveness: 'lease', proof: lease(undefined) }],
  ['a Lease that was marked a moment ago', [], { liveness: 'lease', proof: lease(60) }],
  ['a Lease that may not be looked at', [], { liveness: 'lease', proof: refused }],
  ['a Lease that is gone', DELETE, { liveness: 'lease', proof: gone }],
  [
    'a Lease that has expired',
    ['DELETE /apis/coordination.k8s.io/v1/namespaces/ci-1/leases/ci-1', ...DELETE],
    { liveness: 'lease', proof: lease(91) },
  ],
])('a namespace with %s (recorded)', async ([_what, expected, seen]) => {
  expect(await sweep(seen)).toEqual(expected)
})
