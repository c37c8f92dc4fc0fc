import type { ApiObject } from '../api/types.ts'
import { bodyOf } from '../errors.ts'
import type { Client, Request } from '../api/client.ts'
import { create } from '../api/create-object.ts'
import type { DeadlineJob, Place } from './deadline-job.ts'
import { renewPeriodically } from './heartbeat.ts'
import { labelsOf, OWNER } from '../labels.ts'

/** Seconds. */
export const DURATION = 90
// Renewed every 20 s of them.
const BEATS = 4.5

/** When, by the API server's clock, somebody first saw it as it is: milliseconds since the epoch. A renewal takes it off. */
export const MARK = 'moorage.unchanged-since'

export interface Lease extends ApiObject {
  readonly spec?: { readonly leaseDurationSeconds?: number }
}

/**
 * Where Jobs are denied: nothing in the cluster acts by itself on a Lease, so that it is the next starts that judge it
 * (expired-leases.ts). What names it as owner goes with it, as with the Job.
 */
export async function startLease(client: Client, place: Place, signal: AbortSignal): Promise<DeadlineJob> {
  const { run, namespace, report, grace = DURATION } = place
  report.journal({ kind: 'lease', namespace, name: run.id })
  const path = leasesOf(namespace)
  const { object } = await create(client, { path, body: manifest({ ...place, grace }), signal })
  const { name, uid, resourceVersion: version } = object.metadata
  const over = new AbortController()
  void renewPeriodically(client, {
    rhythm: (1_000 * grace) / BEATS,
    grace,
    what: 'Lease',
    over: over.signal,
    report,
    renewal: () => ({
      path: `${path}/${name}`,
      body: { metadata: { annotations: { [MARK]: null } }, spec: { renewTime: microTime() } },
    }),
  })
  return {
    name,
    uid,
    version,
    reference: { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', name, uid, blockOwnerDeletion: false },
    stop: () => over.abort(),
    async extend(ms) {
      over.abort()
      const spec = { leaseDurationSeconds: Math.ceil(ms / 1_000), renewTime: microTime() }
      const request: Request = {
        method: 'PATCH',
        path: `${path}/${name}`,
        body: { metadata: { annotations: { [MARK]: null } }, spec },
      }
      bodyOf<ApiObject>(request, await client.call(request))
    },
    remove: () => deleteLease(client, { namespace, name, uid }),
  }
}

function manifest({ run, grace, owners }: Place): object {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: {
      name: run.id,
      labels: labelsOf(run),
      annotations: { [OWNER]: JSON.stringify(run.owner) },
      ...(owners.length ? { ownerReferences: owners } : {}),
    },
    spec: { holderIdentity: run.id, leaseDurationSeconds: grace, renewTime: microTime() },
  }
}

/** For people who look: nobody judges by it, since the clocks of holders differ. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z')
}

export function leasesOf(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`
}

/** With `version` only as it was seen: a renewal since then saves it. */
export async function deleteLease(
  client: Client,
  { namespace, name, uid, version }: { namespace: string; name: string; uid: string; version?: string },
): Promise<boolean> {
  const preconditions = { uid, ...(version === undefined ? {} : { resourceVersion: version }) }
  const request: Request = {
    method: 'DELETE',
    path: `${leasesOf(namespace)}/${name}`,
    body: { propagationPolicy: 'Background', preconditions },
  }
  const answer = await client.call(request)
  if (answer.status === 404 || answer.status === 409) return false
  bodyOf<ApiObject>(request, answer)
  return true
}
