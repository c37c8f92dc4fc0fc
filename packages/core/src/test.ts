import { notProvisioned } from './config/not-provisioned-error.ts'
import { inheritedPayload } from './config/test-payload.ts'
import type { LogLine } from './contract/running-unit.ts'
import type { EndedService } from './contract/progress.ts'
import type { Registered } from './register-types.ts'

/**
 * The connections of the services of this test run, typed by the registered config. Works in every test runner. Throws
 * `MoorageError` (USAGE) if no services run.
 */
export function services(): Registered {
  const payload = inheritedPayload(process.env)
  if (payload) return payload.services as unknown as Registered
  throw notProvisioned('services()', process.env)
}

/**
 * Returns the last log lines of a service; `tail` is their number, 50 by default. Throws `MoorageError`: USAGE for a
 * service that does not run, DEADLINE if the log cannot be read within 10 s.
 */
export async function logs(service: keyof Registered & string, tail = 50): Promise<readonly LogLine[]> {
  // Imported on demand, because most tests do not read logs.
  const { queryLogs } = await import('./client/query-supervisor.ts')
  return await queryLogs(process.env, { service, tail })
}

/**
 * Reports the result of one attempt at a test, for runners that do not report it to their main process. The last
 * attempt counts for `keep`.
 */
export async function reportTestAttempt(test: string, failed: boolean): Promise<void> {
  if (!inheritedPayload(process.env)) return
  const { querySupervisor } = await import('./client/query-supervisor.ts')
  await querySupervisor(process.env, 'recordTestAttempt', { test, failed })
}

/** Returns the services that have ended since the tests began, with their last log lines; none if no services run. */
export async function exits(): Promise<readonly EndedService[]> {
  if (!inheritedPayload(process.env)) return []
  const { querySupervisor } = await import('./client/query-supervisor.ts')
  return await querySupervisor(process.env, 'endedServices', null)
}
