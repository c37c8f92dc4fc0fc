import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { kubectl, missing, NAMESPACE } from '../../../e2e/harness/engine.ts'
import type { ApiClient } from '../../../packages/provider-kubernetes/src/api/client.ts'
import { reapExpiredLeases } from '../../../packages/provider-kubernetes/src/lifetime/expired-leases.ts'
import { UNCHANGED_SINCE_ANNOTATION } from '../../../packages/provider-kubernetes/src/lifetime/liveness-lease.ts'
import { connectToBed } from '../testbed-client.ts'

const reason = missing('kubernetes')
const { signal } = new AbortController()
const alive = (): boolean => true
const DURATION = 30

describe.skipIf(reason)(`leases${reason ? ` (${reason})` : ''}`, () => {
  let client: ApiClient
  beforeAll(async () => {
    client = await connectToBed('admin')
  })
  const names: string[] = []
  afterEach(() => void kubectl('delete', 'lease', '-n', NAMESPACE, ...names.splice(0)))

  /** One that was seen unchanged for so many seconds; negative: for a time to come. */
  const leaseMarked = async (seconds: number | undefined, spec = {}): Promise<string> => {
    const name = `lease-${randomBytes(4).toString('hex')}`
    const annotations =
      seconds === undefined ? {} : { [UNCHANGED_SINCE_ANNOTATION]: String(Date.now() - 1_000 * seconds) }
    const body = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, labels: { 'moorage.run': name }, annotations },
      spec: { leaseDurationSeconds: DURATION, ...spec },
    }
    await client.call({ method: 'POST', path: `/apis/coordination.k8s.io/v1/namespaces/${NAMESPACE}/leases`, body })
    names.push(name)
    return name
  }
  const sweep = async (): Promise<readonly string[]> =>
    (await reapExpiredLeases(client, { namespace: NAMESPACE, alive }, signal)).map(({ id }) => id)
  const markOf = (name: string): string =>
    kubectl('get', 'lease', name, '-n', NAMESPACE, '-o', `jsonpath={.metadata.annotations.moorage\\.unchanged-since}`)
      .stdout

  test('one that is unmarked gets a mark, and stays, however old the time is that its holder wrote', async () => {
    const name = await leaseMarked(undefined, { renewTime: '2001-01-01T00:00:00.000000Z' })
    expect(await sweep()).toEqual([])
    expect(Math.abs(Number(markOf(name)) - Date.now())).toBeLessThan(5_000)
  })

  test('one whose mark is younger than its duration, or of a time to come, stays', async () => {
    await leaseMarked(DURATION - 10)
    await leaseMarked(-3_600)
    expect(await sweep()).toEqual([])
  })

  test('one that stayed as it was marked for a full duration goes', async () => {
    const name = await leaseMarked(DURATION + 5)
    expect(await sweep()).toEqual([name])
  })

  test('a renewal while it is being judged saves it', async () => {
    const name = await leaseMarked(DURATION + 5)
    const sweeping = sweep()
    await sleep(1_000)
    expect(kubectl('annotate', 'lease', name, '-n', NAMESPACE, `${UNCHANGED_SINCE_ANNOTATION}-`).status).toBe(0)
    expect(await sweeping).toEqual([])
    expect(kubectl('get', 'lease', name, '-n', NAMESPACE).status).toBe(0)
  })
})
