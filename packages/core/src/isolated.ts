import { callSite } from './config/call-site.ts'
import { acquireSlot } from './worker/acquire-slot.ts'
import type { Registered } from './register-types.ts'

export { acquireSlot } from './worker/acquire-slot.ts'
export type { AcquiredSlot, SlotOptions } from './worker/acquire-slot.ts'
export { serviceNames } from './worker/read-service-keys.ts'

/** A fixture for each registered service, except for names that the runner itself uses. Empty without a config. */
export type IsolatedFixtures<RunnerFixtures extends PropertyKey = never> = string extends keyof Registered
  ? Record<never, never>
  : Omit<Registered, RunnerFixtures>

export interface IsolatedOptions {
  /** Identifies the test file, for `isolate: 'file'`. Default: each module registry counts as a file. */
  readonly file?: string
}

/**
 * Returns the connection of a service. If the service has the option `isolate`, it is the connection of a database for
 * this worker or file, or with `'test'` of a new one at each call. Works in every test runner. Throws `MoorageError`:
 * USAGE if no services run, for an unknown name, and for a service that the user runs; ISOLATION_FAILED if the database
 * cannot be created.
 */
export async function isolated<N extends keyof Registered & string>(
  name: N,
  { file }: IsolatedOptions = {},
): Promise<Registered[N]> {
  const at = callSite(isolated)
  const user = at === undefined ? undefined : `the test that called isolated('${name}') at ${at}`
  const { connection } = await acquireSlot(name, { file, user })
  return connection as unknown as Registered[N]
}
