import { setTimeout as sleep } from 'node:timers/promises'
import type { Exclusion, Kind } from './kind.ts'

export type Inventory = ReadonlyMap<string, ReadonlySet<string>>

export interface Change {
  readonly kind: string
  readonly item: string
  readonly how: 'added' | 'removed'
}

export class LeakError extends Error {
  override readonly name = 'LeakError'
  readonly changes: readonly Change[]

  constructor(changes: readonly Change[], within: number) {
    const lines = changes.map(
      ({ kind, item, how }) => `  ${how === 'added' ? 'left behind' : 'gone'}: ${kind}: ${item}`,
    )
    super(`The inventory has not become what it was within ${within} ms:\n${lines.join('\n')}`)
    this.changes = changes
  }
}

/** A full snapshot. */
export async function takeInventory(kinds: readonly Kind[], exclusions: readonly Exclusion[] = []): Promise<Inventory> {
  const entries = await Promise.all(
    kinds.map(async ({ name, take }) => {
      const out = exclusions.filter(({ kind }) => kind === name)
      const items = (await take()).filter((item) => !out.some(({ pattern }) => pattern.test(item)))
      return [name, new Set(items)] as const
    }),
  )
  return new Map(entries)
}

export function difference(before: Inventory, after: Inventory): readonly Change[] {
  return [...after].flatMap(([kind, items]) => {
    const old = before.get(kind) ?? new Set<string>()
    const added = [...items].filter((item) => !old.has(item)).map((item) => ({ kind, item, how: 'added' as const }))
    const removed = [...old].filter((item) => !items.has(item)).map((item) => ({ kind, item, how: 'removed' as const }))
    return [...added, ...removed]
  })
}

export interface Expectation {
  readonly kinds: readonly Kind[]
  readonly exclusions?: readonly Exclusion[]
  /** Milliseconds. */
  readonly within: number
}

/** Waits until the inventory is as before; throws `LeakError` with what is not. Gives the milliseconds that it took. */
export async function expectUnchanged(before: Inventory, { kinds, exclusions, within }: Expectation): Promise<number> {
  const since = Date.now()
  // Twice: /proc is no snapshot, and a process that is born while its parent ends can be missed once.
  for (let equal = 0; ;) {
    const changes = difference(before, await takeInventory(kinds, exclusions))
    const elapsed = Date.now() - since
    equal = changes.length ? 0 : equal + 1
    if (equal === 2) return elapsed
    if (changes.length && elapsed > within) throw new LeakError(changes, within)
    await sleep(changes.length ? 50 : 20)
  }
}
