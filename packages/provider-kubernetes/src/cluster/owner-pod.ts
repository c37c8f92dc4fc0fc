import { hostname, networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient } from '../api/client.ts'
import type { List, Pod } from '../api/types.ts'

/** The pod that this process runs in, as the owner of the run: the cluster deletes the run when it deletes that pod. */
export interface OwnerPod {
  readonly ownerReferences: readonly object[]
  /** Labels for every object of the run. */
  readonly labels: { readonly [name: string]: string }
}

/**
 * ARC (GitHub Actions Runner Controller) deletes pods and secrets with this label when the runner it names ends.
 * Sources: actions/runner-container-hooks, packages/k8s/src/hooks/constants.ts, RunnerInstanceLabel: the label of a
 * workflow pod; actions/actions-runner-controller, ephemeralrunner_controller.go, cleanupRunnerLinkedPods and
 * cleanupRunnerLinkedSecrets.
 */
const RUNNER_LABEL = 'runner-pod'

const NO_OWNER: OwnerPod = { ownerReferences: [], labels: {} }
// Short, because a run works without an owner pod.
const LOOKUP_TIMEOUT_MS = 1_500
const ADDRESS_POLL_INTERVAL_MS = 100
const MAX_ADDRESS_POLLS = 20

/** Where this process runs. */
export interface OwnLocation {
  readonly namespace: string
  readonly env: NodeJS.ProcessEnv
  /** The network addresses of this machine or pod. */
  readonly addresses: readonly string[]
}

/**
 * Finds the pod that this process runs in. Resolves without an owner where there is no such pod, or no proof that it is
 * this one: the garbage collector would delete a run whose owner does not exist.
 */
export async function findOwnerPod(
  client: ApiClient,
  { namespace, env, addresses }: OwnLocation,
  signal: AbortSignal,
): Promise<OwnerPod> {
  // A pod's host name is its name, cut off after 63 characters.
  const name = env['POD_NAME'] || hostname()
  let pod = await getPod(client, namespace, { name, signal })
  // The node reports the address of a pod up to a second after its start.
  for (let polls = 0; polls < MAX_ADDRESS_POLLS && pod && pod.status?.podIP === undefined; polls++) {
    await sleep(ADDRESS_POLL_INTERVAL_MS)
    pod = await getPod(client, namespace, { name, signal })
  }
  // An equal name is no proof: this may be another cluster, or a container inside a container.
  if (!pod || pod.metadata.deletionTimestamp !== undefined || !addresses.includes(pod.status?.podIP ?? ''))
    return NO_OWNER
  const { uid, labels } = pod.metadata
  const runner = labels?.[RUNNER_LABEL] ?? (env['ACTIONS_RUNNER_POD_NAME'] === name ? name : undefined)
  return {
    ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, blockOwnerDeletion: false }],
    labels: runner === undefined ? {} : { [RUNNER_LABEL]: runner },
  }
}

async function getPod(
  client: ApiClient,
  namespace: string,
  { name, signal }: { readonly name: string; readonly signal: AbortSignal },
): Promise<Pod | undefined> {
  const query = new URLSearchParams({ fieldSelector: `metadata.name=${name}` })
  const path = `/api/v1/namespaces/${namespace}/pods?${query}`
  const response = await client
    .call({ method: 'GET', path, signal, retryTimeoutMs: LOOKUP_TIMEOUT_MS })
    .catch(() => undefined)
  signal.throwIfAborted()
  return response?.status === 200 ? (response.body as List<Pod>).items?.[0] : undefined
}

/** The addresses of this machine's external network interfaces. */
export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((addresses = []) =>
    addresses.flatMap(({ internal, address }) => (internal ? [] : [address])),
  )
}
