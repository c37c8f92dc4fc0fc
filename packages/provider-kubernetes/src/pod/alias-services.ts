import type { Run } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import { createObject } from '../api/create-object.ts'
import { RUN_LABEL, runLabels } from '../labels.ts'
import { ALIAS_LABEL_PREFIX } from './pod-labels.ts'

/** The further names of a pod. */
export interface Aliases {
  readonly run: Run
  readonly namespace: string
  readonly aliases: readonly string[]
  /** The owner reference of what makes the names resolve. */
  readonly owner: object
}

/**
 * In a namespace of the run alone: creates a headless Service for each name, which selects every pod with that name.
 *
 * Throws the error of `toProviderError` for a refusal.
 */
export async function createAliasServices(
  client: ApiClient,
  { run, namespace, aliases, owner }: Aliases,
  signal: AbortSignal,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/services`
  await Promise.all(
    aliases.map((alias) => createObject(client, { path, body: aliasServiceManifest(alias, { run, owner }), signal })),
  )
}

/** A headless Service that selects every pod with this further name. */
export function aliasServiceManifest(
  alias: string,
  { run, owner }: { readonly run: Pick<Run, 'id' | 'labels'>; readonly owner: object },
): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: alias, labels: runLabels(run), ownerReferences: [owner] },
    spec: {
      clusterIP: 'None',
      publishNotReadyAddresses: true,
      selector: { [RUN_LABEL]: run.id, [`${ALIAS_LABEL_PREFIX}${alias}`]: 'true' },
    },
  }
}

/** A pod with further names, in a namespace that runs share. */
export interface NamedPod extends Aliases {
  readonly pod: string
  readonly address: string
}

/**
 * In a shared namespace, where the name of a Service may be taken: adds the names to the headless Service of the run,
 * whose names only the pods of the run resolve. Source: Kubernetes, "EndpointSlices", `hostname`.
 *
 * Throws the error of `toProviderError` for a refusal.
 */
export async function createAliasSlice(
  client: ApiClient,
  { run, namespace, aliases, owner, pod, address }: NamedPod,
  signal: AbortSignal,
): Promise<void> {
  const body = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: `${pod}-aliases`,
      labels: {
        ...runLabels(run),
        'kubernetes.io/service-name': run.id,
        'endpointslice.kubernetes.io/managed-by': 'moorage',
      },
      ownerReferences: [owner],
    },
    addressType: address.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: aliases.map((hostname) => ({ addresses: [address], hostname, conditions: { ready: true } })),
    ports: [],
  }
  await createObject(client, {
    path: `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
    body,
    signal,
  })
}
