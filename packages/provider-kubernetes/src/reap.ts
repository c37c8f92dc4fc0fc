import type { Owner, Reaped, ReapScope } from '@moorage/core'
import type { ApiObject, List } from './api-types.ts'
import { bodyOf } from './api-error.ts'
import type { Cluster } from './choose.ts'
import type { Client } from './client.ts'
import { deleteDeadman } from './deadman.ts'
import { ownerIn, RUN } from './labels.ts'
import { deleteNamespace } from './place.ts'

// Milliseconds by the API server's clock between a namespace and its deadman; younger ones may still be getting theirs.
const YOUNG = 600_000
// A start must not wait long for other people's leftovers.
const MOST = 20

/**
 * Removes what a dead owner's journal names, and namespaces of ours whose deadman has fired. Runs with a living
 * deadman are somebody's: their heartbeat is the proof, on the cluster's own clock.
 */
export async function reapCluster({ client, choice }: Cluster, { journals, alive }: ReapScope, signal: AbortSignal): Promise<readonly Reaped[]> {
  const reaped: Reaped[] = []
  for (const { run, owner, entries } of journals) {
    if (alive(owner)) continue
    for (const entry of entries) reaped.push(...(await byJournal(client, { run, owner, entry: entry as unknown as Entry }, signal)))
  }
  if (choice.mode === 'create') reaped.push(...(await emptyNamespaces(client, alive, signal)))
  return reaped
}

interface Entry {
  readonly kind: 'namespace' | 'job'
  readonly name: string
  readonly namespace?: string
}

async function byJournal(client: Client, { run, owner, entry }: { readonly run: string; readonly owner: Owner; readonly entry: Entry }, signal: AbortSignal): Promise<readonly Reaped[]> {
  const { kind, name, namespace } = entry
  const path = kind === 'namespace' ? `/api/v1/namespaces/${name}` : `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`
  const answer = await client.call({ method: 'GET', path, signal })
  if (answer.status === 404) return []
  const { metadata } = bodyOf<ApiObject>({ method: 'GET', path }, answer)
  // The same name is not enough: label and owner must be those of the journal.
  if (metadata.labels?.[RUN] !== run || !same(ownerIn(metadata.annotations), owner)) return []
  const gone = kind === 'namespace' ? await deleteNamespace(client, name, metadata.uid) : await deleteDeadman(client, { namespace: namespace ?? '', name, uid: metadata.uid })
  return gone ? [{ kind, id: name, run }] : []
}

function same(a: Owner | undefined, b: Owner): boolean {
  return a !== undefined && a.host === b.host && a.pid === b.pid && a.started === b.started
}

async function emptyNamespaces(client: Client, alive: (owner: Owner) => boolean, signal: AbortSignal): Promise<readonly Reaped[]> {
  const list = { method: 'GET' as const, path: `/api/v1/namespaces?${new URLSearchParams({ labelSelector: RUN, limit: '500' })}`, signal }
  const answer = await client.call(list)
  if (answer.status === 403) return []
  const now = Date.now()
  const candidates = (bodyOf<List<ApiObject>>(list, answer).items ?? []).filter(({ metadata }) => metadata.deletionTimestamp === undefined && ownerIn(metadata.annotations) !== undefined)
  const reaped: Reaped[] = []
  for (const { metadata } of candidates.slice(0, MOST)) {
    const owner = ownerIn(metadata.annotations) as Owner
    const { name, uid } = metadata
    const jobs = { method: 'GET' as const, path: `/apis/batch/v1/namespaces/${name}/jobs/${name}`, signal }
    if ((await client.call(jobs)).status !== 404) continue
    // Without a deadman it lives only if it is being made at this moment; where its maker can be judged, that decides.
    if (alive(owner) && now - Date.parse(metadata.creationTimestamp) < YOUNG) continue
    if (await deleteNamespace(client, name, uid)) reaped.push({ kind: 'namespace', id: name, run: metadata.labels?.[RUN] ?? name })
  }
  return reaped
}
