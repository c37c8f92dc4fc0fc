import type { Membership } from './client.ts'

/** One connection per process and place, counted: several projects of one runner share it. */
interface Entry {
  count: number
  readonly membership: Promise<Membership>
  leaving?: NodeJS.Timeout
}

// On globalThis: two copies of moorage, or a module evaluated once per project, still count together.
const KEY = Symbol.for('moorage.memberships')
const holder = globalThis as { [KEY]?: Map<string, Entry> }

export interface Hold {
  readonly membership: Membership
  /** Gives the place back. The last one leaves after `linger` ms, in which a new hold finds everything still warm. */
  release(linger: number): Promise<readonly string[]>
}

export async function hold(identity: string, join: () => Promise<Membership>): Promise<Hold> {
  const entries = (holder[KEY] ??= new Map())
  const entry: Entry = entries.get(identity) ?? { count: 0, membership: join() }
  entries.set(identity, entry)
  clearTimeout(entry.leaving)
  entry.count += 1
  try {
    const membership = await entry.membership
    let held = true
    return {
      membership,
      async release(linger) {
        if (!held) return []
        held = false
        return await release(identity, entry, linger)
      },
    }
  } catch (error) {
    if (entries.get(identity) === entry) entries.delete(identity)
    throw error
  }
}

async function release(identity: string, entry: Entry, linger: number): Promise<readonly string[]> {
  entry.count -= 1
  if (entry.count > 0) return []
  const leave = async (): Promise<readonly string[]> => {
    if (holder[KEY]?.get(identity) === entry) holder[KEY].delete(identity)
    return await (await entry.membership).leave()
  }
  if (linger <= 0) return await leave()
  // Without a reference: a process that ends drops its connection, and that is a leave as well.
  entry.leaving = setTimeout(() => void leave(), linger).unref()
  return []
}
