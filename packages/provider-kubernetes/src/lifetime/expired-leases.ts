import { setTimeout as sleep } from 'node:timers/promises'
import type { Owner, ReapedObject } from '@moorage/core/provider'
import type { List } from '../api/types.ts'
import { bodyOf } from '../errors.ts'
import type { Answer, Client } from '../api/client.ts'
import { ownerIn, RUN } from '../labels.ts'
import { deleteLease, DURATION, leasesOf, MARK, type Lease } from './lease.ts'

// A start must not wait long for other people's leftovers.
const MOST = 20
// Milliseconds in which a holder that was cut off from the API as well, and is back, renews: it tries every second.
const LAST_CHANCE = 3_000

export interface Judging {
  readonly namespace: string
  /** Whether an owner may still live. */
  alive(owner: Owner): boolean
  /** Only tells what would go. */
  readonly dry?: boolean
}

/** Deletes the Leases of a namespace that have expired, and with them what they own; marks the others. */
export async function reapLeases(
  client: Client,
  { namespace, alive, dry = false }: Judging,
  signal: AbortSignal,
): Promise<readonly ReapedObject[]> {
  const request = {
    method: 'GET' as const,
    path: `${leasesOf(namespace)}?${new URLSearchParams({ labelSelector: RUN, limit: '500' })}`,
    signal,
  }
  const answer = await client.call(request)
  const leases = (bodyOf<List<Lease>>(request, answer).items ?? []).slice(0, MOST)
  const ended = await Promise.all(
    leases.map((lease) => endLease(client, { lease, now: answer.date, namespace, alive, dry }, signal)),
  )
  return leases.flatMap(({ metadata }, i) =>
    ended[i] ? [{ kind: 'lease', id: metadata.name, run: metadata.labels?.[RUN] ?? '' }] : [],
  )
}

interface Suspect extends Judging {
  readonly lease: Lease
  /** By the API server's clock. */
  readonly now: Answer['date']
}

/**
 * Whether it was expired, and is gone. Its time is never compared with ours, nor its holder's with anybody's: it has
 * expired when it is still as somebody marked it a full duration ago, both told by the API server's clock. The deletion
 * is a compare-and-swap on its version: a renewal in between wins.
 */
export async function endLease(
  client: Client,
  { lease, now, namespace, alive, dry = false }: Suspect,
  signal: AbortSignal,
): Promise<boolean> {
  const { metadata, spec } = lease
  const { name, uid, resourceVersion: version } = metadata
  const owner = ownerIn(metadata.annotations)
  if (owner !== undefined && !alive(owner)) return dry || (await deleteLease(client, { namespace, name, uid }))
  if (now === undefined) return false
  const marked = metadata.annotations?.[MARK]
  if (marked === undefined) {
    if (dry) return false
    const body = { metadata: { resourceVersion: version, annotations: { [MARK]: String(now) } } }
    await client.call({ method: 'PATCH', path: `${leasesOf(namespace)}/${name}`, body, signal })
    return false
  }
  if (!(now - Number(marked) >= 1_000 * (spec?.leaseDurationSeconds ?? DURATION))) return false
  if (dry) return true
  await sleep(LAST_CHANCE, undefined, { signal })
  return await deleteLease(client, { namespace, name, uid, version })
}
