import { acquireSlot } from './worker/acquire-slot.ts'
import type { Registered } from './registered-config.ts'

export { acquireSlot } from './worker/acquire-slot.ts'
export type { AcquiredSlot, SlotOptions } from './worker/acquire-slot.ts'
export { serviceNames } from './worker/service-names.ts'

/** A fixture for each registered service, but for the names that a runner has itself; none where no config is registered. */
export type IsolatedFixtures<Taken extends PropertyKey = never> = string extends keyof Registered
  ? Record<never, never>
  : Omit<Registered, Taken>

export interface IsolatedOptions {
  /** Tells test files apart for `isolate: 'file'`. Default: each module registry is a file, as in every runner that isolates files. */
  readonly file?: string
}

/**
 * The connection of a service, with a database of the caller's own where the service says `isolate`: one per worker, one
 * per file, or, with `'test'`, a fresh one at every call. In any runner. Throws `MoorageError`: USAGE where no services run,
 * for an unknown name, and for a service that is given by its variable; ISOLATION_FAILED where it cannot be made.
 */
export async function isolated<N extends keyof Registered & string>(
  name: N,
  { file }: IsolatedOptions = {},
): Promise<Registered[N]> {
  const { connection } = await acquireSlot(name, { file })
  return connection as unknown as Registered[N]
}
