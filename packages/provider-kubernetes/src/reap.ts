import type { Json, Owner, ReapedObject, ReapScope } from '@moorage/core/provider'
import type { ApiClient } from './api/client.ts'
import type { ApiObject, List } from './api/types.ts'
import type { Cluster } from './cluster/select-cluster.ts'
import { expectBody } from './errors.ts'
import { LIVENESS_ANNOTATION, readOwner, RUN_LABEL } from './labels.ts'
import { deleteLivenessJob, jobsPath } from './lifetime/liveness-job.ts'
import { deleteIfExpired, reapExpiredLeases } from './lifetime/expired-leases.ts'
import { deleteLease, leasesPath } from './lifetime/liveness-lease.ts'
import { deleteNamespace } from './lifetime/run-namespace.ts'

// By the API server's clock. A younger namespace may not have its liveness object yet.
const MAX_CREATION_MS = 600_000
// Bounds how long a start waits for the leftovers of other runs.
const MAX_NAMESPACES_PER_SWEEP = 20

/**
 * Deletes what the journals of dead owners name, and namespaces and Leases of runs that are no longer alive. Runs with
 * a Job need no sweep: the cluster itself deletes them. Every deletion names the UID of the object that was examined.
 *
 * Throws MoorageError (PROVIDER_LOST) when the API server does not answer.
 */
export async function reap(
  { client, policy }: Cluster,
  { journals, alive, dry = false }: ReapScope,
  signal: AbortSignal,
): Promise<readonly ReapedObject[]> {
  const reaped: ReapedObject[] = []
  for (const { run, owner, entries } of journals) {
    if (alive(owner)) continue
    for (const entry of entries) reaped.push(...(await removeJournaled(client, { run, owner, entry, dry })))
  }
  if (policy.mode === 'create') reaped.push(...(await reapNamespaces(client, { alive, dry, signal })))
  else if (policy.liveness === 'lease')
    reaped.push(...(await reapExpiredLeases(client, { namespace: policy.namespace, alive, dry }, signal)))
  return reaped
}

interface JournalEntry {
  readonly kind: 'namespace' | 'job' | 'lease'
  readonly name: string
  readonly namespace?: string
}

/** An entry in the journal of a run. */
export interface JournaledObject {
  readonly run: string
  readonly owner: Owner
  readonly entry: Json
  /** Reports what would be deleted, and changes nothing. Default: false. */
  readonly dry?: boolean
}

/** Deletes the object that a journal entry names, if it exists and belongs to the run and the owner of the journal. */
export async function removeJournaled(
  client: ApiClient,
  { run, owner, entry, dry = false }: JournaledObject,
): Promise<readonly ReapedObject[]> {
  const { kind, name, namespace = '' } = entry as unknown as JournalEntry
  const path = { namespace: '/api/v1/namespaces', job: jobsPath(namespace), lease: leasesPath(namespace) }[kind]
  const request = { method: 'GET' as const, path: `${path}/${name}` }
  const response = await client.call(request)
  if (response.status === 404) return []
  const { metadata } = expectBody<ApiObject>(request, response)
  // An equal name is no proof: the label and the owner must match as well.
  if (metadata.labels?.[RUN_LABEL] !== run || !isSameOwner(readOwner(metadata.annotations), owner)) return []
  const { uid, deletionTimestamp } = metadata
  if (dry) return deletionTimestamp === undefined ? [{ kind, id: name, run }] : []
  const deleted = await {
    namespace: () => deleteNamespace(client, name, uid),
    job: () => deleteLivenessJob(client, { namespace, name, uid }),
    lease: () => deleteLease(client, { namespace, name, uid }),
  }[kind]()
  return deleted ? [{ kind, id: name, run }] : []
}

function isSameOwner(a: Owner | undefined, b: Owner): boolean {
  return a !== undefined && a.host === b.host && a.pid === b.pid && a.started === b.started
}

interface Sweep extends Pick<ReapScope, 'alive'> {
  readonly dry: boolean
  readonly signal: AbortSignal
}

/** Deletes the namespaces whose liveness object no longer exists or has expired. */
async function reapNamespaces(client: ApiClient, { alive, dry, signal }: Sweep): Promise<readonly ReapedObject[]> {
  const request = {
    method: 'GET' as const,
    path: `/api/v1/namespaces?${new URLSearchParams({ labelSelector: RUN_LABEL, limit: '500' })}`,
    signal,
  }
  const response = await client.call(request)
  const { date: now } = response
  if (response.status === 403 || now === undefined) return []
  const candidates = (expectBody<List<ApiObject>>(request, response).items ?? []).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined && readOwner(metadata.annotations) !== undefined,
  )
  const reaped: ReapedObject[] = []
  for (const { metadata } of candidates.slice(0, MAX_NAMESPACES_PER_SWEEP)) {
    const { name, uid } = metadata
    const liveness = await checkLiveness(client, metadata, { alive, dry, signal })
    if (liveness === 'alive') continue
    // A supervisor creates the namespace first, so a young one without a liveness object may be in creation.
    const mayBeInCreation =
      alive(readOwner(metadata.annotations) as Owner) && now - Date.parse(metadata.creationTimestamp) < MAX_CREATION_MS
    if (liveness === 'missing' && mayBeInCreation) continue
    if (dry || (await deleteNamespace(client, name, uid)))
      reaped.push({ kind: 'namespace', id: name, run: metadata.labels?.[RUN_LABEL] ?? name })
  }
  return reaped
}

/** Examines the liveness object of a namespace. Where this user may not read it, the run counts as alive. */
async function checkLiveness(
  client: ApiClient,
  { name, annotations }: ApiObject['metadata'],
  { alive, dry, signal }: Sweep,
): Promise<'alive' | 'missing' | 'expired'> {
  const hasLease = annotations?.[LIVENESS_ANNOTATION] === 'lease'
  const path = hasLease ? leasesPath(name) : jobsPath(name)
  const { status, body, date: now } = await client.call({ method: 'GET', path: `${path}/${name}`, signal })
  if (status === 404) return 'missing'
  if (!hasLease || status !== 200) return 'alive'
  const lease = body as ApiObject
  return (await deleteIfExpired(client, { lease, now, namespace: name, alive, dry }, signal)) ? 'expired' : 'alive'
}
