import type { Report, Run } from '@moorage/core/provider'
import type { ApiObject } from '../api/types.ts'
import { bodyOf } from '../errors.ts'
import type { Client, Request } from '../api/client.ts'
import { create } from '../api/create-object.ts'
import { renewPeriodically } from './heartbeat.ts'
import { labelsOf, OWNER } from '../labels.ts'

/** Seconds. */
const GRACE = 120
// The heartbeat comes six times per grace: a server that is away for half of it is survived.
const BEATS = 6

export interface DeadlineJob {
  /** What every object of the run names as its owner. */
  readonly reference: object
  readonly name: string
  readonly uid: string
  /** Of the cluster's store, when it was made. */
  readonly version: string
  /** No more heartbeats. */
  stop(): void
  /** What names it as owner goes with it. Resolves when the deletion is accepted; gives false for what was gone already. */
  remove(): Promise<boolean>
  /** The last one: the cluster removes the run after so many milliseconds, whether or not anybody lives. */
  extend(ms: number): Promise<void>
}

export interface Place {
  readonly run: Run
  readonly namespace: string
  readonly report: Report
  /** Seconds without a heartbeat after which the run may be removed. Default: the deadman's own. */
  readonly grace?: number
  /** The objects above: the CI's own pod, where there is one. */
  readonly owners: readonly object[]
}

/**
 * A Job without a pod whose deadline is moved by heartbeats. When they stop, the Job fails at its deadline, the TTL
 * controller deletes it, and the garbage collector deletes what names it as owner: the cluster's own clock, no reaper.
 * Source: Kubernetes, batch/v1 Job: `activeDeadlineSeconds`, `ttlSecondsAfterFinished`, `parallelism: 0`.
 */
export async function startDeadlineJob(client: Client, place: Place, signal: AbortSignal): Promise<DeadlineJob> {
  const { run, namespace, report, grace = GRACE } = place
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs`
  report.journal({ kind: 'job', namespace, name: run.id })
  const { object, at } = await create(client, { path, body: manifest({ ...place, grace }), signal })
  const { name, uid, resourceVersion: version } = object.metadata
  const over = new AbortController()
  const renewal = (seconds: number): Pick<Request, 'path' | 'body'> => ({
    path: `${path}/${name}`,
    body: { spec: { activeDeadlineSeconds: Math.ceil((performance.now() - at) / 1_000 + seconds) } },
  })
  void renewPeriodically(client, {
    rhythm: (1_000 * grace) / BEATS,
    grace,
    what: 'deadman Job',
    over: over.signal,
    report,
    renewal: () => renewal(grace),
  })
  return {
    name,
    uid,
    version,
    reference: { apiVersion: 'batch/v1', kind: 'Job', name, uid, blockOwnerDeletion: false },
    stop: () => over.abort(),
    async extend(ms) {
      over.abort()
      const request: Request = { method: 'PATCH', ...renewal(ms / 1_000) }
      bodyOf<ApiObject>(request, await client.call(request))
    },
    remove: () => deleteDeadlineJob(client, { namespace, name, uid }),
  }
}

function manifest({ run, grace, owners }: Place): object {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: run.id,
      labels: labelsOf(run),
      annotations: { [OWNER]: JSON.stringify(run.owner) },
      ...(owners.length ? { ownerReferences: owners } : {}),
    },
    spec: {
      parallelism: 0,
      ttlSecondsAfterFinished: 0,
      activeDeadlineSeconds: grace,
      backoffLimit: 0,
      // Never run, with no parallelism; restricted all the same, so that it draws no warning.
      template: {
        metadata: { labels: labelsOf(run) },
        spec: { restartPolicy: 'Never', containers: [{ name: 'deadman', image: 'none', ...RESTRICTED }] },
      },
    },
  }
}

/** What the restricted policy asks for. */
export const RESTRICTED: object = {
  securityContext: {
    runAsNonRoot: true,
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    seccompProfile: { type: 'RuntimeDefault' },
  },
}

export async function deleteDeadlineJob(
  client: Client,
  { namespace, name, uid }: { namespace: string; name: string; uid: string },
): Promise<boolean> {
  const request: Request = {
    method: 'DELETE',
    path: `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`,
    body: { propagationPolicy: 'Background', preconditions: { uid } },
  }
  const answer = await client.call(request)
  // Gone, or one of the same name that is not ours any more.
  if (answer.status === 404 || answer.status === 409) return false
  bodyOf<ApiObject>(request, answer)
  return true
}
