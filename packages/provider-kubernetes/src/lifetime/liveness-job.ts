import type { ApiClient } from '../api/client.ts'
import { createObject } from '../api/create-object.ts'
import type { ApiObject, ApiRequest } from '../api/types.ts'
import { expectBody } from '../errors.ts'
import { OWNER_ANNOTATION, runLabels } from '../labels.ts'
import { RESTRICTED_CONTAINER } from '../pod/security.ts'
import { renewPeriodically } from './heartbeat.ts'
import type { LivenessObject, LivenessOptions } from './liveness-object.ts'

const DEFAULT_GRACE_SECONDS = 120
// A run survives an API server that is unavailable for half of the grace.
const HEARTBEATS_PER_GRACE = 6

/**
 * Creates a Job without a pod, whose deadline the heartbeats postpone. When they stop, the Job fails at its deadline,
 * the TTL controller deletes it, and the garbage collector deletes the objects that it owns. Only the cluster's own
 * clock and controllers take part.
 *
 * Throws MoorageError when the API server refuses the Job.
 *
 * Source: Kubernetes, batch/v1 Job: `activeDeadlineSeconds`, `ttlSecondsAfterFinished`, `parallelism: 0`.
 */
export async function startLivenessJob(
  client: ApiClient,
  options: LivenessOptions,
  signal: AbortSignal,
): Promise<LivenessObject> {
  const { run, namespace, report, onRetry, graceSeconds = DEFAULT_GRACE_SECONDS } = options
  const path = jobsPath(namespace)
  report.journal({ kind: 'job', namespace, name: run.id })
  const body = livenessJobManifest({ ...options, graceSeconds })
  const { object, sentAt } = await createObject(client, { path, body, signal, ...(onRetry ? { onRetry } : {}) })
  const { name, uid, resourceVersion } = object.metadata
  const heartbeat = new AbortController()
  // The deadline counts from the start of the Job, so each renewal adds the time since then.
  const renewal = (seconds: number): Pick<ApiRequest, 'path' | 'body'> => ({
    path: `${path}/${name}`,
    body: {
      metadata: { uid },
      spec: { activeDeadlineSeconds: Math.ceil((performance.now() - sentAt) / 1_000 + seconds) },
    },
  })
  void renewPeriodically(client, {
    intervalMs: (1_000 * graceSeconds) / HEARTBEATS_PER_GRACE,
    graceSeconds,
    objectName: 'liveness Job',
    signal: heartbeat.signal,
    report,
    renewal: () => renewal(graceSeconds),
  })
  return {
    name,
    uid,
    resourceVersion,
    reference: { apiVersion: 'batch/v1', kind: 'Job', name, uid, blockOwnerDeletion: false },
    stopHeartbeat: () => heartbeat.abort(),
    async extend(ms) {
      heartbeat.abort()
      const request: ApiRequest = { method: 'PATCH', ...renewal(ms / 1_000) }
      expectBody<ApiObject>(request, await client.call(request))
    },
    delete: () => deleteLivenessJob(client, { namespace, name, uid }),
  }
}

/** The Job that proves that a run is alive. */
export function livenessJobManifest({
  run,
  ownerReferences,
  graceSeconds = DEFAULT_GRACE_SECONDS,
}: Pick<LivenessOptions, 'run' | 'ownerReferences' | 'graceSeconds'>): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: run.id,
      labels: runLabels(run),
      annotations: { [OWNER_ANNOTATION]: JSON.stringify(run.owner) },
      ...(ownerReferences.length ? { ownerReferences } : {}),
    },
    spec: {
      parallelism: 0,
      ttlSecondsAfterFinished: 0,
      activeDeadlineSeconds: graceSeconds,
      backoffLimit: 0,
      // With parallelism 0 this pod never runs. It satisfies the restricted policy to avoid an admission warning.
      template: {
        metadata: { labels: runLabels(run) },
        spec: { restartPolicy: 'Never', containers: [{ name: 'none', image: 'none', ...RESTRICTED_CONTAINER }] },
      },
    },
  }
}

/** Path of the Jobs of a namespace. */
export function jobsPath(namespace: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs`
}

/**
 * Deletes a liveness Job, and with it the objects that it owns. Resolves when the API server has accepted the deletion;
 * false when the Job no longer exists.
 */
export async function deleteLivenessJob(
  client: ApiClient,
  { namespace, name, uid }: { readonly namespace: string; readonly name: string; readonly uid: string },
): Promise<boolean> {
  const request: ApiRequest = {
    method: 'DELETE',
    path: `${jobsPath(namespace)}/${name}`,
    body: { propagationPolicy: 'Background', preconditions: { uid } },
  }
  const response = await client.call(request)
  // 409: the Job of this name has another UID.
  if (response.status === 404 || response.status === 409) return false
  expectBody<ApiObject>(request, response)
  return true
}
