import { hostname, networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { List, Pod } from '../api/types.ts'
import type { Client } from '../api/client.ts'

/** The pod that this process runs in, as the run's owner: the cluster removes the run when it removes that pod. */
export interface OwnerPod {
  readonly owners: readonly object[]
  readonly labels: { readonly [name: string]: string }
}

/**
 * ARC, the GitHub Actions runners on Kubernetes, deletes pods and secrets with this label when the runner it names ends.
 * Sources: actions/runner-container-hooks, packages/k8s/src/hooks/constants.ts, RunnerInstanceLabel: a workflow's pod has
 * it; actions/actions-runner-controller, ephemeralrunner_controller.go, cleanupRunnerLinkedPods and …Secrets.
 */
const RUNNER = 'runner-pod'

const NONE: OwnerPod = { owners: [], labels: {} }
// Milliseconds: an owner more is welcome, not needed.
const PATIENCE = 1_500
const PAUSE = 100
const TRIES = 20

export interface Self {
  readonly namespace: string
  readonly env: NodeJS.ProcessEnv
  /** Of this machine, or pod. */
  readonly addresses: readonly string[]
}

/** Nothing where the pod cannot be found, or proved: an owner that does not exist would take the run along at once. */
export async function findOwnerPod(
  client: Client,
  { namespace, env, addresses }: Self,
  signal: AbortSignal,
): Promise<OwnerPod> {
  // A pod's host name is its own name, cut off after 63 characters.
  const name = env['POD_NAME'] || hostname()
  let pod = await look(client, namespace, { name, signal })
  // Of a pod that has only just started, the cluster learns its address a second later.
  for (let n = 0; n < TRIES && pod && pod.status?.podIP === undefined; n++) {
    await sleep(PAUSE)
    pod = await look(client, namespace, { name, signal })
  }
  // The name alone may be a stranger's: on another cluster, or within a container of a container.
  if (!pod || pod.metadata.deletionTimestamp !== undefined || !addresses.includes(pod.status?.podIP ?? '')) return NONE
  const { uid, labels } = pod.metadata
  const runner = labels?.[RUNNER] ?? (env['ACTIONS_RUNNER_POD_NAME'] === name ? name : undefined)
  return {
    owners: [{ apiVersion: 'v1', kind: 'Pod', name, uid, blockOwnerDeletion: false }],
    labels: runner === undefined ? {} : { [RUNNER]: runner },
  }
}

async function look(
  client: Client,
  namespace: string,
  { name, signal }: { readonly name: string; readonly signal: AbortSignal },
): Promise<Pod | undefined> {
  const query = new URLSearchParams({ fieldSelector: `metadata.name=${name}` })
  const answer = await client
    .call({ method: 'GET', path: `/api/v1/namespaces/${namespace}/pods?${query}`, signal, patience: PATIENCE })
    .catch(() => undefined)
  signal.throwIfAborted()
  return answer?.status === 200 ? (answer.body as List<Pod>).items?.[0] : undefined
}

export function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces()).flatMap((own = []) =>
    own.flatMap(({ internal, address }) => (internal ? [] : [address])),
  )
}
