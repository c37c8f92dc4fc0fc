import { isMoorageError } from '../contract/errors.ts'
import type { Outcome } from '../protocol/methods.ts'
import type { RunRequest } from '../protocol/run-request.ts'
import { connect, type ConnectOptions } from './connect.ts'
import type { Membership } from './membership.ts'

/** A membership that several projects of one runner share. */
interface PoolEntry {
  users: number
  readonly family: string
  membership: Promise<Membership>
  /** The latest one that was acquired. An update that fails may leave its run and services. */
  acquired?: Promise<Membership>
  leaveTimer?: NodeJS.Timeout
  failed: boolean
}

// On globalThis, so that two copies of moorage, or a module that is evaluated once per project, share the pool.
const KEY = Symbol.for('moorage.memberships')
const holder = globalThis as { [KEY]?: Map<string, PoolEntry> }

export interface PooledMembership {
  readonly membership: Membership
  /**
   * The last user leaves the run after `lingerMs` milliseconds, in which the next one finds its services running.
   * Gives what could not be removed.
   */
  release(lingerMs: number, outcome: Outcome): Promise<readonly string[]>
}

export interface MembershipOptions extends ConnectOptions {
  /** Milliseconds that an unused run is held after an update of it has failed. Infinity: until `leaveHeldRuns`. */
  readonly lingerAfterFailureMs: number
}

/**
 * Gives the membership of the run with this identity, updates an unused one of the same family where possible, or
 * connects. Throws MoorageError: what `connect` and `Membership.update` throw.
 */
export async function acquireMembership(
  request: RunRequest,
  { lingerAfterFailureMs, ...options }: MembershipOptions,
): Promise<PooledMembership> {
  const entries = (holder[KEY] ??= new Map())
  const { identity, family } = request
  const [previousIdentity, reused] =
    [...entries].find(([key]) => key === identity) ??
    [...entries].find(([, entry]) => entry.family === family && entry.users === 0) ??
    []
  const entry: PoolEntry = reused ?? { users: 0, family, membership: connect(request, options), failed: false }
  if (previousIdentity !== undefined) entries.delete(previousIdentity)
  entries.set(identity, entry)
  clearTimeout(entry.leaveTimer)
  delete entry.leaveTimer
  if (!entry.users) entry.failed = false
  entry.users += 1
  if (reused)
    entry.membership = renew(reused.membership, {
      sameIdentity: previousIdentity === identity,
      update: (membership) => membership.update(request),
      reconnect: () => connect(request, options),
    })
  try {
    const membership = await entry.membership
    entry.acquired = Promise.resolve(membership)
    let released = false
    return {
      membership,
      async release(lingerMs, outcome) {
        if (released) return []
        released = true
        entry.failed ||= outcome.failed
        return await releaseEntry(identity, entry, lingerMs)
      },
    }
  } catch (error) {
    entry.users -= 1
    if (entry.acquired) await hold(identity, entry, lingerAfterFailureMs)
    else if (entries.get(identity) === entry) entries.delete(identity)
    throw error
  }
}

/** Keeps the membership of a run that could not be updated, for the next update. */
async function hold(identity: string, entry: PoolEntry, lingerMs: number): Promise<void> {
  if (entry.users > 0 || !entry.acquired) return
  entry.membership = entry.acquired
  if (lingerMs < Infinity) await leaveAfter(lingerMs, identity, entry)
}

/** Makes this process leave the runs, after `lingerMs` milliseconds, that are held after an update has failed. */
export function leaveHeldRuns(lingerMs: number): void {
  for (const [identity, entry] of holder[KEY] ?? [])
    if (entry.users === 0 && !entry.leaveTimer) void leaveAfter(lingerMs, identity, entry)
}

interface Renewal {
  readonly sameIdentity: boolean
  /** Restarts what has changed or died. Gives false where only a new run can do that. */
  update(membership: Membership): Promise<boolean>
  reconnect(): Promise<Membership>
}

/** Updates the run, or starts a new one where the run is gone or cannot be updated. */
async function renew(pending: Promise<Membership>, { sameIdentity, update, reconnect }: Renewal): Promise<Membership> {
  const membership = await pending
  try {
    if (await update(membership)) return membership
  } catch (error) {
    // An edited config has an error of its own. A service that died may start again in a new run, if none is left.
    if (!(isLost(error) || (sameIdentity && (await isGone(membership))))) throw error
  }
  await membership.leave()
  return await reconnect()
}

function isLost(error: unknown): boolean {
  return isMoorageError(error) && error.code === 'SUPERVISOR_FAILED'
}

async function isGone(membership: Membership): Promise<boolean> {
  return !(await membership.call('status', null).catch(() => null))
}

async function releaseEntry(identity: string, entry: PoolEntry, lingerMs: number): Promise<readonly string[]> {
  entry.users -= 1
  return entry.users > 0 ? [] : await leaveAfter(lingerMs, identity, entry)
}

async function leaveAfter(lingerMs: number, identity: string, entry: PoolEntry): Promise<readonly string[]> {
  const leave = async (): Promise<readonly string[]> => {
    if (holder[KEY]?.get(identity) === entry) holder[KEY].delete(identity)
    const membership = await entry.membership.catch(() => undefined)
    return (await membership?.leave({ failed: entry.failed })) ?? []
  }
  if (lingerMs <= 0) return await leave()
  // The timer does not keep the process alive: a process that exits drops its connection, and so leaves the run.
  entry.leaveTimer = setTimeout(() => void leave(), lingerMs).unref()
  return []
}
