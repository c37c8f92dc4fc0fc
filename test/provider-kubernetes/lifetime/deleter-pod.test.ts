import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { currentOwner, type Session } from '@moorage/core'
import { describe, expect, test, vi } from 'vitest'
import { kubeconfig, kubectl, missing } from '../../../e2e/harness/engine.ts'
import { withDeleter } from '../../../e2e/testbed/kubernetes-users.ts'
import type { ApiClient } from '../../../packages/provider-kubernetes/src/api/client.ts'
import { startDeleterPod } from '../../../packages/provider-kubernetes/src/lifetime/deleter-pod.ts'
import type { PodInformer } from '../../../packages/provider-kubernetes/src/pod/informer.ts'
import type { KubernetesOptions } from '../../../packages/provider-kubernetes/src/options.ts'
import { provider } from '../../../packages/provider-kubernetes/src/provider.ts'

const reason = missing('kubernetes')
const { signal } = new AbortController()
const IMAGE = `${process.env['MOORAGE_TESTBED_REGISTRY']}/no-such-kubectl:1`

/** A session with one service, and what it tells. */
async function open(
  config: string,
  options: KubernetesOptions,
): Promise<{ readonly id: string; readonly session: Session; readonly notices: readonly string[] }> {
  const id = `deleter-${randomBytes(4).toString('hex')}`
  const run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
  const notices: string[] = []
  const report = { phase: () => {}, journal: () => {}, notice: (text: string) => void notices.push(text) }
  const session = await provider({ context: 'testbed', kubeconfig: config, ...options }, { root: process.cwd() }).open(
    run,
    report,
    signal,
  )
  await session.start(
    {
      name: 'a',
      ports: {},
      env: {},
      sensitive: [],
      container: { image: 'busybox:1.37', user: '1000:1000', command: ['sleep', '1000'] },
    },
    signal,
  )
  return { id, session, notices }
}

async function closed(id: string, session: Session): Promise<void> {
  await session.close()
  await expect.poll(() => kubectl('get', 'namespace', id).status, { timeout: 30_000, interval: 200 }).not.toBe(0)
}

describe.skipIf(reason)(`a deleter${reason ? ` (${reason})` : ''}`, () => {
  test('with the documented rights it waits beside the services, and has nothing to tell', async () => {
    const { id, session, notices } = await open(await withDeleter(), { deleter: true })
    const running = 'jsonpath={.status.initContainerStatuses[0].state.running.startedAt}'
    await expect
      .poll(() => kubectl('get', 'pod', 'moorage.deleter', '-n', id, '-o', running).stdout, {
        timeout: 15_000,
        interval: 200,
      })
      .not.toBe('')
    expect(notices).toEqual([])
    await closed(id, session)
  })

  test('without the rights: the verbs, and the command that grants them; the services run all the same', async () => {
    const { id, session, notices } = await open(kubeconfig('creator'), { deleter: true })
    await expect
      .poll(() => notices, { timeout: 5_000 })
      .toEqual([
        [
          `kubernetes({ deleter }): creator may not create serviceaccounts; create roles.rbac.authorization.k8s.io; create rolebindings.rbac.authorization.k8s.io; list, watch jobs.batch in namespace ${id}.`,
          'If this run is killed, the next start deletes its empty namespace.',
          'Ask an administrator to run: kubectl apply -f node_modules/moorage/kubernetes-deleter-cluster-role.yaml && kubectl create clusterrolebinding moorage-deleter --clusterrole=moorage-deleter --user=creator',
        ].join(' '),
      ])
    await closed(id, session)
  })

  test('an image that is not there: the cause, and how to look closer; the services run all the same', async () => {
    const { id, session, notices } = await open(kubeconfig('admin'), { deleter: { image: IMAGE } })
    await expect
      .poll(() => notices, { timeout: 40_000 })
      .toEqual([
        [
          `kubernetes({ deleter }).image: the cluster cannot find image ${IMAGE}.`,
          'If this run is killed, the next start deletes its empty namespace.',
          `The registry answered: rpc error: code = NotFound desc = failed to pull and unpack image "${IMAGE}": failed to resolve reference "${IMAGE}": ${IMAGE}: not found.`,
          `Correct the name or the tag. Inspect the pod with: kubectl describe pod moorage.deleter -n ${id}.`,
          'The image must have kubectl as its entry point',
        ].join(' '),
      ])
    await closed(id, session)
  })

  test('in a namespace that runs come to share for want of rights: there is nothing to delete', async () => {
    const { session, notices } = await open(kubeconfig('shared'), { deleter: true })
    expect(notices).toEqual(['kubernetes({ deleter }) has no effect: runs share namespace ci, which stays.'])
    expect(kubectl('get', 'pod', 'moorage.deleter', '-n', 'ci').status).not.toBe(0)
    await session.close()
  })
})

// Recorded: the services of a run that finds no node for so small a pod would not start either.
test('a pod that no node takes is reported after a minute (recorded)', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const notices: string[] = []
    const over = new AbortController()
    const pod = {
      status: {
        conditions: [{ type: 'PodScheduled', status: 'False', message: '0/3 nodes are available: 3 Too many pods.' }],
      },
    }
    const informer = {
      waitFor: () => new Promise(() => {}),
      snapshot: () => ({ pod, deleted: false, events: [] }),
    } as unknown as PodInformer
    const client = {
      call: () => Promise.resolve({ status: 201, body: { metadata: { uid: 'u' } } }),
    } as unknown as ApiClient
    const run = { id: 'r', labels: {}, owner: currentOwner(), root: '', cache: '' }
    const report = { phase: () => {}, journal: () => {}, notice: (text: string) => void notices.push(text) }
    const ended = startDeleterPod(client, {
      run,
      namespace: 'r',
      options: { deleter: true },
      informer,
      report,
      signal: over.signal,
    })
    await sleep(3_500)
    await vi.advanceTimersByTimeAsync(59_000)
    expect(notices).toEqual([])
    await vi.advanceTimersByTimeAsync(2_000)
    await ended
    expect(notices).toEqual([
      'kubernetes({ deleter }): no node accepted its pod within 60 s: 0/3 nodes are available: 3 Too many pods. If this run is killed, the next start deletes its empty namespace. Inspect it with: kubectl describe pod moorage.deleter -n r',
    ])
  } finally {
    vi.useRealTimers()
  }
})
