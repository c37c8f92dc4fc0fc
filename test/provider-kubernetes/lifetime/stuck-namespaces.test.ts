import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { currentOwner } from '@moorage/core'
import { describe, expect, test } from 'vitest'
import { kubeconfig, kubectl, missing } from '../../../e2e/harness/engine.ts'
import { provider } from '../../../packages/provider-kubernetes/src/provider.ts'
import { reportStuckNamespaces } from '../../../packages/provider-kubernetes/src/lifetime/stuck-namespaces.ts'
import { connectToBed } from '../testbed-client.ts'

const reason = missing('kubernetes')
const { signal } = new AbortController()

describe.skipIf(reason)(`a stuck namespace${reason ? ` (${reason})` : ''}`, () => {
  test('holds up no end; a later start says what blocks it, and strips no finalizer', async () => {
    const id = `stuck-${randomBytes(4).toString('hex')}`
    const run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
    const session = await provider(
      { context: 'testbed', kubeconfig: kubeconfig('admin') },
      { root: process.cwd() },
    ).open(run, { phase: () => {}, journal: () => {}, notice: () => {} }, signal)
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
    try {
      expect(kubectl('create', 'configmap', 'held', '-n', id).status).toBe(0)
      expect(
        kubectl('patch', 'configmap', 'held', '-n', id, '-p', '{"metadata":{"finalizers":["example.com/hold"]}}')
          .status,
      ).toBe(0)
      const since = performance.now()
      await session.close()
      expect(performance.now() - since).toBeLessThan(2_000)
      const notices: string[] = []
      const look = async (): Promise<string> => {
        await reportStuckNamespaces(
          await connectToBed('admin'),
          { notice: (text) => void notices.push(text) },
          { signal, stuckAfterMs: 1_000 },
        )
        return notices.at(-1) ?? ''
      }
      await expect.poll(look, { timeout: 30_000, interval: 500 }).toMatch(/NamespaceFinalizersRemaining/)
      expect(notices.at(-1)).toBe(
        `Namespace ${id} of an earlier run has been terminating for 0 min: Some resources are remaining: configmaps. has 1 resource instances (NamespaceContentRemaining); Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances (NamespaceFinalizersRemaining). Only the component that blocks the deletion can complete it. Inspect it with: kubectl get namespace ${id} -o yaml`,
      )
      await sleep(1_000)
      expect(kubectl('get', 'configmap', 'held', '-n', id, '-o', 'jsonpath={.metadata.finalizers}').stdout).toBe(
        '["example.com/hold"]',
      )
    } finally {
      kubectl(
        'patch',
        'configmap',
        'held',
        '-n',
        id,
        '--type=json',
        '-p',
        '[{"op":"remove","path":"/metadata/finalizers"}]',
      )
    }
    await expect.poll(() => kubectl('get', 'namespace', id).status, { timeout: 30_000, interval: 200 }).not.toBe(0)
  })
})
