import type { ApiClient } from '../api/client.ts'
import { createObject } from '../api/create-object.ts'
import type { ApiObject, ApiRequest } from '../api/types.ts'
import { expectBody } from '../errors.ts'
import { OWNER_ANNOTATION, runLabels } from '../labels.ts'
import { renewPeriodically } from './heartbeat.ts'
import type { LivenessObject, LivenessOptions } from './liveness-object.ts'

export const DEFAULT_LEASE_DURATION_SECONDS = 90
// One heartbeat every 20 s of the default duration.
const HEARTBEATS_PER_DURATION = 4.5

/**
 * Annotation that a sweep puts on a Lease: since when the Lease is unchanged, in milliseconds since the epoch by the
 * API server's clock. Each heartbeat removes it.
 */
export const UNCHANGED_SINCE_ANNOTATION = 'moorage.unchanged-since'

/** `Lease` of coordination.k8s.io/v1. */
export interface Lease extends ApiObject {
  readonly spec?: { readonly leaseDurationSeconds?: number }
}

/**
 * Creates a Lease, for users without a permission for Jobs. No controller deletes an expired Lease: the next start does
 * (expired-leases.ts), and the garbage collector deletes the objects that it owns.
 *
 * Throws MoorageError when the API server refuses the Lease.
 */
export async function startLivenessLease(
  client: ApiClient,
  options: LivenessOptions,
  signal: AbortSignal,
): Promise<LivenessObject> {
  const { run, namespace, report, onRetry, graceSeconds = DEFAULT_LEASE_DURATION_SECONDS } = options
  report.journal({ kind: 'lease', namespace, name: run.id })
  const path = leasesPath(namespace)
  const body = livenessLeaseManifest({ ...options, graceSeconds })
  const { object } = await createObject(client, { path, body, signal, ...(onRetry ? { onRetry } : {}) })
  const { name, uid, resourceVersion } = object.metadata
  const heartbeat = new AbortController()
  const renewal = (spec: object): Pick<ApiRequest, 'path' | 'body'> => ({
    path: `${path}/${name}`,
    body: {
      metadata: { uid, annotations: { [UNCHANGED_SINCE_ANNOTATION]: null } },
      spec: { ...spec, renewTime: microTime() },
    },
  })
  void renewPeriodically(client, {
    intervalMs: (1_000 * graceSeconds) / HEARTBEATS_PER_DURATION,
    graceSeconds,
    objectName: 'Lease',
    signal: heartbeat.signal,
    report,
    renewal: () => renewal({}),
  })
  return {
    name,
    uid,
    resourceVersion,
    reference: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name, uid, blockOwnerDeletion: false },
    stopHeartbeat: () => heartbeat.abort(),
    async extend(ms) {
      heartbeat.abort()
      const request: ApiRequest = { method: 'PATCH', ...renewal({ leaseDurationSeconds: Math.ceil(ms / 1_000) }) }
      expectBody<ApiObject>(request, await client.call(request))
    },
    delete: () => deleteLease(client, { namespace, name, uid }),
  }
}

/** The Lease that proves that a run is alive. */
export function livenessLeaseManifest({
  run,
  ownerReferences,
  graceSeconds = DEFAULT_LEASE_DURATION_SECONDS,
}: Pick<LivenessOptions, 'run' | 'ownerReferences' | 'graceSeconds'>): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: run.id,
      labels: runLabels(run),
      annotations: { [OWNER_ANNOTATION]: JSON.stringify(run.owner) },
      ...(ownerReferences.length ? { ownerReferences } : {}),
    },
    spec: { holderIdentity: run.id, leaseDurationSeconds: graceSeconds, renewTime: microTime() },
  }
}

/** `MicroTime` of meta/v1. It informs people only: no sweep reads it, because the clocks of the holders differ. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z')
}

/** Path of the Leases of a namespace. */
export function leasesPath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
}

/** A Lease to delete. */
export interface LeaseRef {
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** Deletes only this version, so that a heartbeat in between saves the Lease. Default: any version. */
  readonly resourceVersion?: string
}

/**
 * Deletes a Lease, and with it the objects that it owns. Resolves when the API server has accepted the deletion; false
 * when the Lease no longer exists or has changed.
 */
export async function deleteLease(
  client: ApiClient,
  { namespace, name, uid, resourceVersion }: LeaseRef,
): Promise<boolean> {
  const preconditions = { uid, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
  const request: ApiRequest = {
    method: 'DELETE',
    path: `${leasesPath(namespace)}/${name}`,
    body: { propagationPolicy: 'Background', preconditions },
  }
  const response = await client.call(request)
  if (response.status === 404 || response.status === 409) return false
  expectBody<ApiObject>(request, response)
  return true
}
