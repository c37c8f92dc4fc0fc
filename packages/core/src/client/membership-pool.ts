import type { Membership, Outcome } from './membership.ts'

/** One connection per process and place, counted: several projects of one runner share it. */
interface PoolEntry {
  count: number
  readonly family: string
  membership: Promise<Membership>
  leaving?: NodeJS.Timeout
  failed: boolean
}

// On globalThis: two copies of moorage, or a module evaluated once per project, still count together.
const KEY = Symbol.for('moorage.memberships')
const holder = globalThis as { [KEY]?: Map<string, PoolEntry> }

export interface HeldMembership {
  readonly membership: Membership
  /** Gives the place back. The last one leaves after `linger` ms, in which a new hold finds everything still warm. */
  release(linger: number, outcome: Outcome): Promise<readonly string[]>
}

export interface MembershipRequest {
  readonly identity: string
  /** A run of the same family that nobody holds any more is changed into this one. */
  readonly family: string
  connect(): Promise<Membership>
  /** What has changed or died starts anew. Gives false where it has to be joined anew. */
  update(membership: Membership): Promise<boolean>
}

export async function acquireMembership(wanted: MembershipRequest): Promise<HeldMembership> {
  const entries = (holder[KEY] ??= new Map())
  const { identity } = wanted
  const [was, warm] =
    [...entries].find(([key]) => key === identity) ??
    [...entries].find(([, { family, count }]) => family === wanted.family && count === 0) ??
    []
  const entry: PoolEntry = warm ?? { count: 0, family: wanted.family, membership: wanted.connect(), failed: false }
  if (was !== undefined) entries.delete(was)
  entries.set(identity, entry)
  clearTimeout(entry.leaving)
  if (!entry.count) entry.failed = false
  entry.count += 1
  if (warm) entry.membership = renewed(warm.membership, wanted, was === identity)
  try {
    const membership = await entry.membership
    let held = true
    return {
      membership,
      async release(linger, outcome) {
        if (!held) return []
        held = false
        entry.failed ||= outcome.failed
        return await release(identity, entry, linger)
      },
    }
  } catch (error) {
    if (entries.get(identity) === entry) entries.delete(identity)
    throw error
  }
}

/** The same run, looked after; a new one where it is gone, or cannot be had. */
async function renewed(
  before: Promise<Membership>,
  { update, connect }: MembershipRequest,
  same: boolean,
): Promise<Membership> {
  const membership = await before
  try {
    if (await update(membership)) return membership
  } catch (error) {
    await membership.leave()
    // What an edited config says is wrong with it; what has died may be there again after a start from nothing.
    if (!same) throw error
    return await connect()
  }
  await membership.leave()
  return await connect()
}

async function release(identity: string, entry: PoolEntry, linger: number): Promise<readonly string[]> {
  entry.count -= 1
  if (entry.count > 0) return []
  const leave = async (): Promise<readonly string[]> => {
    if (holder[KEY]?.get(identity) === entry) holder[KEY].delete(identity)
    const membership = await entry.membership.catch(() => undefined)
    return (await membership?.leave({ failed: entry.failed })) ?? []
  }
  if (linger <= 0) return await leave()
  // Without a reference: a process that ends drops its connection, and that is a leave as well.
  entry.leaving = setTimeout(() => void leave(), linger).unref()
  return []
}
