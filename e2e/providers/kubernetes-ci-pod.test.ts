import { expect, test } from 'vitest'
import { kubectl, missing, NAMESPACE } from '../harness/engine.ts'
import { until } from '../harness/fixture.ts'
import { startInPod } from '../testbed/in-pod.ts'

interface Seen {
  readonly kind: string
  readonly metadata: {
    readonly labels?: { readonly [name: string]: string }
    readonly ownerReferences?: readonly { readonly kind: string; readonly uid: string }[]
  }
}

const runs = (kinds: string): readonly Seen[] =>
  (
    JSON.parse(kubectl('get', kinds, '-n', NAMESPACE, '-l', 'moorage.run', '-o', 'json').stdout) as {
      items: readonly Seen[]
    }
  ).items
const ours = (kinds: string): readonly Seen[] =>
  runs(kinds).filter(({ metadata }) => metadata.labels?.['runner-pod'] === RUNNER)
const RUNNER = 'runner-abc-1'
const hold = [
  'sh',
  '-c',
  'cd examples/vitest-postgres-redis && exec node node_modules/moorage/bin/moorage.mjs exec -- sh -c "echo RUNNING; sleep 1000"',
]

test('a run in a CI pod belongs to it: it goes when the cluster removes that pod, long before its deadman', async ({
  skip,
}) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  const pod = await startInPod({
    command: hold,
    env: { CI: 'true', MOORAGE_CACHE_DIR: '/tmp/moorage', HOME: '/tmp' },
    labels: { 'runner-pod': RUNNER },
  })
  try {
    await until('tests', () => pod.output().includes('RUNNING'), 60_000)
    const uid = kubectl('get', 'pod', pod.name, '-n', NAMESPACE, '-o', 'jsonpath={.metadata.uid}').stdout
    expect(runs('jobs').map(({ metadata }) => metadata.ownerReferences)).toContainEqual([
      { apiVersion: 'v1', kind: 'Pod', name: pod.name, uid, blockOwnerDeletion: false },
    ])
    // Whatever ARC's controller looks for when the runner ends.
    expect([...new Set(ours('pods,secrets').map(({ kind }) => kind))].toSorted()).toEqual(['Pod', 'Secret'])
  } finally {
    // Without a signal, as the runner hooks of GitHub Actions do at a cancel.
    await pod.remove(0)
  }
  await expect.poll(() => ours('pods,secrets,services,jobs'), { timeout: 30_000, interval: 200 }).toEqual([])
})
