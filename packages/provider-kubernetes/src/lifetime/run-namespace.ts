import { MoorageError, type Report, type Run } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import { createObject } from '../api/create-object.ts'
import type { OwnerPod } from '../cluster/owner-pod.ts'
import type { NamespaceMode, NamespacePolicy } from '../cluster/select-cluster.ts'
import { refusalMessage, toProviderError } from '../errors.ts'
import { LIVENESS_ANNOTATION, OWNER_ANNOTATION, RUN_LABEL, runLabels } from '../labels.ts'
import type { KubernetesOptions } from '../options.ts'
import { PodInformer } from '../pod/informer.ts'
import { copyAccount, readAccountSource } from './copy-account.ts'
import { startLivenessJob } from './liveness-job.ts'
import { startLivenessLease } from './liveness-lease.ts'
import type { LivenessObject } from './liveness-object.ts'
import { startDeleterPod } from './deleter-pod.ts'

/** The namespace in which the objects of one run live. */
export interface RunNamespace {
  readonly namespace: string
  readonly mode: NamespaceMode
  readonly run: Run
  readonly livenessObject: LivenessObject
  readonly informer: PodInformer
  /** Ends the watches and the namespace deleter. */
  readonly background: AbortController
  /** Mode `create` only: deletes the namespace and its content. Resolves when the API server has accepted it. */
  deleteWhole?(): Promise<boolean>
}

export interface RunNamespaceOptions {
  readonly policy: NamespacePolicy
  readonly run: Run
  readonly report: Report
  readonly options: KubernetesOptions
  readonly ownerPod: OwnerPod
  readonly signal: AbortSignal
  /** Receives each refusal after which another attempt follows. */
  onRetry(reason: string): void
}

/**
 * Creates the namespace where the policy asks for one, then the liveness object, which must exist before any object
 * that it owns, then the DNS service of the run.
 *
 * Throws MoorageError (PROVIDER_UNAVAILABLE) when a shared namespace does not exist, and the error of `toProviderError`
 * for any other refusal.
 */
export async function openRunNamespace(client: ApiClient, given: RunNamespaceOptions): Promise<RunNamespace> {
  const { policy, report, options, ownerPod, signal, onRetry } = given
  const run = { ...given.run, labels: { ...given.run.labels, ...ownerPod.labels } }
  const namespace = policy.mode === 'create' ? run.id : policy.namespace
  // Before the namespace: a refusal leaves nothing behind.
  const accountSource =
    policy.mode === 'create'
      ? await readAccountSource(client, options, { namespace: policy.namespace, signal })
      : undefined
  const namespaceUid = policy.mode === 'create' ? await createNamespace(client, given) : undefined
  const startLiveness = policy.liveness === 'lease' ? startLivenessLease : startLivenessJob
  const graceSeconds = options.grace === undefined ? {} : { graceSeconds: options.grace }
  const { ownerReferences } = ownerPod
  const livenessObject = await startLiveness(
    client,
    { run, namespace, report, ownerReferences, onRetry, ...graceSeconds },
    signal,
  ).catch((error: unknown) => {
    throw explainMissingNamespace(error, namespace)
  })
  const background = new AbortController()
  const informer = new PodInformer(client, {
    namespace,
    runId: run.id,
    fromVersion: livenessObject.resourceVersion,
    report,
    signal: background.signal,
  })
  // In the background, because no service depends on it.
  if (options.deleter && policy.mode === 'create')
    void startDeleterPod(client, { run, namespace, options, informer, report, signal: background.signal })
  try {
    const target = { run, namespace, owner: livenessObject.reference, signal, onRetry }
    await Promise.all([createDnsService(client, target), accountSource && copyAccount(client, accountSource, target)])
  } catch (error) {
    background.abort()
    livenessObject.stopHeartbeat()
    throw error
  }
  return {
    namespace,
    mode: policy.mode,
    run,
    livenessObject,
    informer,
    background,
    ...(namespaceUid === undefined ? {} : { deleteWhole: () => deleteNamespace(client, namespace, namespaceUid) }),
  }
}

/** Resolves with the UID of the new namespace. */
async function createNamespace(
  client: ApiClient,
  { policy, run, report, signal, onRetry }: RunNamespaceOptions,
): Promise<string> {
  report.journal({ kind: 'namespace', name: run.id })
  const annotations = { [OWNER_ANNOTATION]: JSON.stringify(run.owner), [LIVENESS_ANNOTATION]: policy.liveness }
  const body = namespaceManifest(run, annotations)
  return (await createObject(client, { path: '/api/v1/namespaces', body, signal, onRetry })).object.metadata.uid
}

/** The namespace of a run. */
export function namespaceManifest(run: Pick<Run, 'id' | 'labels'>, annotations: object): object {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name: run.id, labels: runLabels(run), annotations } }
}

interface DnsServiceOptions extends Pick<RunNamespaceOptions, 'run' | 'signal' | 'onRetry'> {
  readonly namespace: string
  /** Owner reference of the liveness object. */
  readonly owner: object
}

async function createDnsService(
  client: ApiClient,
  { run, namespace, owner, signal, onRetry }: DnsServiceOptions,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/services`
  await createObject(client, { path, body: dnsServiceManifest(run, owner), signal, onRetry })
}

/**
 * A headless Service without ports: `<service>.<run>` resolves for every pod that names the Service as its subdomain.
 * Source: Kubernetes, "DNS for Services and Pods".
 */
export function dnsServiceManifest(run: Pick<Run, 'id' | 'labels'>, owner: object): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: run.id, labels: runLabels(run), ownerReferences: [owner] },
    spec: { clusterIP: 'None', publishNotReadyAddresses: true, selector: { [RUN_LABEL]: run.id } },
  }
}

function explainMissingNamespace(error: unknown, namespace: string): unknown {
  const { cause } = error as { cause?: unknown }
  if (cause !== 404) return error
  return new MoorageError('PROVIDER_UNAVAILABLE', `Provider kubernetes: namespace ${namespace} does not exist.`, {
    provider: 'kubernetes',
    hint: `Create it, or name another one: kubectl create namespace ${namespace}`,
  })
}

/**
 * Deletes a namespace and its content. Resolves when the API server has accepted the deletion; false when the namespace
 * no longer exists or is already terminating.
 *
 * Throws the error of `toProviderError` for any other refusal.
 */
export async function deleteNamespace(client: ApiClient, name: string, uid: string): Promise<boolean> {
  const request = { method: 'DELETE' as const, path: `/api/v1/namespaces/${name}`, body: { preconditions: { uid } } }
  const response = await client.call(request)
  // 409: it is terminating, or the namespace of this name has another UID.
  if (response.status === 404 || response.status === 409) return false
  if (response.status >= 300)
    throw toProviderError(request, response, { hint: `The API server answered: ${refusalMessage(response)}` })
  return true
}
