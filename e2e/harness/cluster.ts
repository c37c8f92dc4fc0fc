import { setTimeout as sleep } from 'node:timers/promises'
import { expectUnchanged, takeInventory, type Inventory } from '../../test/inventory/inventory.ts'
import type { Kind } from '../../test/inventory/kind.ts'
import { kubernetesKinds, liveKubernetesKinds } from '../../test/inventory/kubernetes.ts'
import { machineKinds } from '../../test/inventory/machine.ts'
import { kubeconfig, kubectl } from './engine.ts'
import { EXCLUSIONS } from './exclusions.ts'

// A cluster takes eight to ten seconds to remove a namespace after it has accepted the deletion. One test does not wait
// for that: each test checks what the cluster has accepted, and the test file checks once, at its end, that everything
// is gone.

// Milliseconds.
const GONE_TIMEOUT_MS = 30_000

/** What the node makes for a pod on this machine, and removes with it. */
const MADE_BY_NODE: ReadonlySet<string> = new Set(['mount', 'listening unix socket', 'network interface'])

let before: Inventory | undefined
let used = false

function wholeKinds(): readonly Kind[] {
  return [...kubernetesKinds(kubeconfig('admin')), ...machineKinds().filter(({ name }) => MADE_BY_NODE.has(name))]
}

/** What one test on the cluster compares. */
export function clusterStageKinds(): readonly Kind[] {
  used = true
  return [...liveKubernetesKinds(kubeconfig('admin')), ...machineKinds().filter(({ name }) => !MADE_BY_NODE.has(name))]
}

/** Before the first test of a file. */
export async function rememberCluster(): Promise<void> {
  before = await takeInventory(wholeKinds(), EXCLUSIONS)
}

/** After the last test of a file, when one of them has used the cluster. */
export async function expectClusterUnchanged(within = GONE_TIMEOUT_MS): Promise<void> {
  if (used && before) await expectUnchanged(before, { kinds: wholeKinds(), exclusions: EXCLUSIONS, within })
}

/** Every namespace made since is being deleted within so many milliseconds. */
export async function expectNamespacesDeleted(before: readonly string[], within: number): Promise<void> {
  for (const end = Date.now() + within; ; await sleep(50)) {
    const live = liveNamespaces().filter((name) => !before.includes(name))
    if (!live.length) return
    if (Date.now() > end) throw new RangeError(`not being deleted after ${within} ms, left behind: ${live.join(', ')}`)
  }
}

/** Waits until the cluster has removed what earlier tests left to it: for tests that ask for all objects of a kind. */
export async function waitForDeletions(): Promise<void> {
  for (
    const end = Date.now() + GONE_TIMEOUT_MS;
    Date.now() < end && kubectl('get', 'namespaces,pods', '-A').stdout.includes('Terminating');
  )
    await sleep(100)
}

/** Namespaces whose deletion the cluster has not accepted. */
export function liveNamespaces(): readonly string[] {
  const rows = kubectl(
    'get',
    'namespaces',
    '--no-headers',
    '-o',
    'custom-columns=N:.metadata.name,D:.metadata.deletionTimestamp',
  )
    .stdout.trim()
    .split('\n')
    .map((line) => line.split(/\s+/))
  return rows.flatMap(([name = '', deleted]) => (deleted === '<none>' ? [name] : []))
}
