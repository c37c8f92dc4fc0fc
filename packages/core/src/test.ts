import { inherited, PAYLOAD } from './config/env-variables.ts'
import { MoorageError } from './contract/errors.ts'
import type { LogLine } from './contract/provider.ts'
import type { Ended } from './contract/progress.ts'
import type { Registered } from './registered-config.ts'

/** The connections of the services that this test runs with; typed by the registered config. In any runner. */
export function services(): Registered {
  const payload = inherited(process.env)
  if (payload) return payload.services as unknown as Registered
  throw new MoorageError('USAGE', `services(): the variable ${PAYLOAD} is not set, so no services run for this test.`, {
    hint: "Add plugins: [moorage()] to vitest.config.ts, globalSetup: 'moorage/playwright' to playwright.config.ts, or run the tests by `moorage exec -- <command>`.",
  })
}

/** The last lines of a service, in any test. `tail` defaults to 50. Throws `MoorageError` (USAGE) for a name that does not run. */
export async function logs(service: keyof Registered & string, tail = 50): Promise<readonly LogLine[]> {
  // Only now: most tests never ask.
  const { ask } = await import('./client/query.ts')
  return (await ask(process.env, 'logs', { service, tail })) as unknown as LogLine[]
}

/** Says how a try of a test went, where the runner's own process does not hear of it: `keep` goes by the last one. */
export async function reportTry(test: string, failed: boolean): Promise<void> {
  if (!inherited(process.env)) return
  const { ask } = await import('./client/query.ts')
  await ask(process.env, 'tried', { test, failed })
}

/** Services that have ended since the tests began, with their last lines; none where no services run. */
export async function exits(): Promise<readonly Ended[]> {
  if (!inherited(process.env)) return []
  const { ask } = await import('./client/query.ts')
  return (await ask(process.env, 'exits', null)) as unknown as Ended[]
}
