import type { Json, Owner, ReapedObject, ReapScope } from '@moorage/core/provider'
import type { ApiObject, List } from './api/types.ts'
import { bodyOf } from './errors.ts'
import type { Cluster } from './cluster/select-cluster.ts'
import type { Client } from './api/client.ts'
import { deleteDeadlineJob } from './lifetime/deadline-job.ts'
import { endLease, reapLeases } from './lifetime/expired-leases.ts'
import { LIVENESS, ownerIn, RUN } from './labels.ts'
import { deleteLease, leasesOf } from './lifetime/lease.ts'
import { deleteNamespace } from './lifetime/run-namespace.ts'

// Milliseconds by the API server's clock between a namespace and its deadman; younger ones may still be getting theirs.
const YOUNG = 600_000
// A start must not wait long for other people's leftovers.
const MOST = 20

/**
 * Removes what a dead owner's journal names, and what is ours and has lost its proof of life: by its deadman on the
 * cluster's clock, or by its Lease. Every deletion names the UID that was looked at.
 */
export async function reap(
  { client, choice }: Cluster,
  { journals, alive, dry = false }: ReapScope,
  signal: AbortSignal,
): Promise<readonly ReapedObject[]> {
  const reaped: ReapedObject[] = []
  const scope: Scope = { alive, dry, signal }
  for (const { run, owner, entries } of journals) {
    if (alive(owner)) continue
    for (const entry of entries) reaped.push(...(await removeJournaled(client, { run, owner, entry, dry })))
  }
  if (choice.mode === 'create') reaped.push(...(await emptyNamespaces(client, scope)))
  else if (choice.liveness === 'lease')
    reaped.push(...(await reapLeases(client, { namespace: choice.namespace, alive, dry }, signal)))
  return reaped
}

interface Scope extends Pick<ReapScope, 'alive'> {
  readonly dry: boolean
  readonly signal: AbortSignal
}

interface Entry {
  readonly kind: 'namespace' | 'job' | 'lease'
  readonly name: string
  readonly namespace?: string
}

/** What a journal names, if it is there and is what was meant. */
export async function removeJournaled(
  client: Client,
  {
    run,
    owner,
    entry,
    dry = false,
  }: { readonly run: string; readonly owner: Owner; readonly entry: Json; readonly dry?: boolean },
): Promise<readonly ReapedObject[]> {
  const { kind, name, namespace = '' } = entry as unknown as Entry
  const path = {
    namespace: '/api/v1/namespaces',
    job: `/apis/batch/v1/namespaces/${namespace}/jobs`,
    lease: leasesOf(namespace),
  }[kind]
  const request = { method: 'GET' as const, path: `${path}/${name}` }
  const answer = await client.call(request)
  if (answer.status === 404) return []
  const { metadata } = bodyOf<ApiObject>(request, answer)
  // The same name is not enough: label and owner must be those of the journal.
  if (metadata.labels?.[RUN] !== run || !same(ownerIn(metadata.annotations), owner)) return []
  const { uid, deletionTimestamp } = metadata
  if (dry) return deletionTimestamp === undefined ? [{ kind, id: name, run }] : []
  const gone = await {
    namespace: () => deleteNamespace(client, name, uid),
    job: () => deleteDeadlineJob(client, { namespace, name, uid }),
    lease: () => deleteLease(client, { namespace, name, uid }),
  }[kind]()
  return gone ? [{ kind, id: name, run }] : []
}

function same(a: Owner | undefined, b: Owner): boolean {
  return a !== undefined && a.host === b.host && a.pid === b.pid && a.started === b.started
}

async function emptyNamespaces(client: Client, { alive, dry, signal }: Scope): Promise<readonly ReapedObject[]> {
  const list = {
    method: 'GET' as const,
    path: `/api/v1/namespaces?${new URLSearchParams({ labelSelector: RUN, limit: '500' })}`,
    signal,
  }
  const answer = await client.call(list)
  const { date: now } = answer
  if (answer.status === 403 || now === undefined) return []
  const candidates = (bodyOf<List<ApiObject>>(list, answer).items ?? []).filter(
    ({ metadata }) => metadata.deletionTimestamp === undefined && ownerIn(metadata.annotations) !== undefined,
  )
  const reaped: ReapedObject[] = []
  for (const { metadata } of candidates.slice(0, MOST)) {
    const { name, uid } = metadata
    const proof = await proofIn(client, metadata, { alive, dry, signal })
    if (proof === 'there') continue
    // Without a proof of life it lives only if it is being made at this moment; where its maker can be judged, that decides.
    if (
      proof === 'none' &&
      alive(ownerIn(metadata.annotations) as Owner) &&
      now - Date.parse(metadata.creationTimestamp) < YOUNG
    )
      continue
    if (dry || (await deleteNamespace(client, name, uid)))
      reaped.push({ kind: 'namespace', id: name, run: metadata.labels?.[RUN] ?? name })
  }
  return reaped
}

/** The deadman or the Lease of a namespace; one that may not be looked at counts as there. */
async function proofIn(
  client: Client,
  { name, annotations }: ApiObject['metadata'],
  { alive, dry, signal }: Scope,
): Promise<'there' | 'none' | 'expired'> {
  const leased = annotations?.[LIVENESS] === 'lease'
  const path = leased ? leasesOf(name) : `/apis/batch/v1/namespaces/${name}/jobs`
  const { status, body, date: now } = await client.call({ method: 'GET', path: `${path}/${name}`, signal })
  if (status === 404) return 'none'
  if (!leased || status !== 200) return 'there'
  return (await endLease(client, { lease: body as ApiObject, now, namespace: name, alive, dry }, signal))
    ? 'expired'
    : 'there'
}
