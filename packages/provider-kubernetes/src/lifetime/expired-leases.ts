import { setTimeout as sleep } from 'node:timers/promises'
import type { Owner, ReapedObject } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import type { ApiResponse, List } from '../api/types.ts'
import { expectBody } from '../errors.ts'
import { readOwner, RUN_LABEL } from '../labels.ts'
import {
  DEFAULT_LEASE_DURATION_SECONDS,
  deleteLease,
  leasesPath,
  UNCHANGED_SINCE_ANNOTATION,
  type Lease,
} from './liveness-lease.ts'

// Bounds how long a start waits for the leftovers of other runs.
const MAX_LEASES_PER_SWEEP = 20
// A holder that has just regained its connection to the API server renews within this time.
const RENEWAL_WAIT_MS = 3_000

export interface LeaseSweep {
  readonly namespace: string
  /** Whether an owner may still be alive. */
  alive(owner: Owner): boolean
  /** Reports what would be deleted, and changes nothing. Default: false. */
  readonly dry?: boolean
}

/** Deletes the expired Leases of a namespace, and with them the objects that they own; marks the other Leases. */
export async function reapExpiredLeases(
  client: ApiClient,
  { namespace, alive, dry = false }: LeaseSweep,
  signal: AbortSignal,
): Promise<readonly ReapedObject[]> {
  const request = {
    method: 'GET' as const,
    path: `${leasesPath(namespace)}?${new URLSearchParams({ labelSelector: RUN_LABEL, limit: '500' })}`,
    signal,
  }
  const response = await client.call(request)
  const leases = (expectBody<List<Lease>>(request, response).items ?? []).slice(0, MAX_LEASES_PER_SWEEP)
  const deleted = await Promise.all(
    leases.map((lease) => deleteIfExpired(client, { lease, now: response.date, namespace, alive, dry }, signal)),
  )
  return leases.flatMap(({ metadata }, i) =>
    deleted[i] ? [{ kind: 'lease', id: metadata.name, run: metadata.labels?.[RUN_LABEL] ?? '' }] : [],
  )
}

interface LeaseCheck extends LeaseSweep {
  readonly lease: Lease
  /** The API server's clock. */
  readonly now: ApiResponse['date']
}

/**
 * Deletes a Lease if its owner is dead or it has expired; resolves with whether it did. A Lease has expired when it has
 * stayed unchanged for its full duration since a sweep marked it. Both times come from the API server's clock, so that
 * neither the clock of the holder nor of this machine matters. The deletion is a compare-and-swap on the resource
 * version: a heartbeat in between saves the Lease.
 */
export async function deleteIfExpired(
  client: ApiClient,
  { lease, now, namespace, alive, dry = false }: LeaseCheck,
  signal: AbortSignal,
): Promise<boolean> {
  const { metadata, spec } = lease
  const { name, uid, resourceVersion } = metadata
  const owner = readOwner(metadata.annotations)
  if (owner !== undefined && !alive(owner)) return dry || (await deleteLease(client, { namespace, name, uid }))
  if (now === undefined) return false
  const unchangedSince = metadata.annotations?.[UNCHANGED_SINCE_ANNOTATION]
  if (unchangedSince === undefined) {
    if (dry) return false
    const body = { metadata: { resourceVersion, annotations: { [UNCHANGED_SINCE_ANNOTATION]: String(now) } } }
    await client.call({ method: 'PATCH', path: `${leasesPath(namespace)}/${name}`, body, signal })
    return false
  }
  const durationMs = 1_000 * (spec?.leaseDurationSeconds ?? DEFAULT_LEASE_DURATION_SECONDS)
  // Negated, so that a malformed mark (NaN) keeps the Lease.
  if (!(now - Number(unchangedSince) >= durationMs)) return false
  if (dry) return true
  await sleep(RENEWAL_WAIT_MS, undefined, { signal })
  return await deleteLease(client, { namespace, name, uid, resourceVersion })
}
