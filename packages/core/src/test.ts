import { PAYLOAD_VARIABLE } from './config/env-variables.ts'
import { inheritedPayload } from './config/payload.ts'
import { MoorageError } from './contract/errors.ts'
import type { LogLine } from './contract/provider.ts'
import type { EndedService } from './contract/progress.ts'
import type { Registered } from './registered-config.ts'

/** The connections of the services that this test runs with; typed by the registered config. In any runner. */
export function services(): Registered {
  const payload = inheritedPayload(process.env)
  if (payload) return payload.services as unknown as Registered
  throw new MoorageError(
    'USAGE',
    `services(): the variable ${PAYLOAD_VARIABLE} is not set, so no services run for this test.`,
    {
      hint: "Add plugins: [moorage()] to vitest.config.ts, globalSetup: 'moorage/playwright' to playwright.config.ts, or run the tests by `moorage exec -- <command>`.",
    },
  )
}

/** The last lines of a service, in any test. `tail` defaults to 50. Throws `MoorageError` (USAGE) for a name that does not run. */
export async function logs(service: keyof Registered & string, tail = 50): Promise<readonly LogLine[]> {
  // Only now: most tests never ask.
  const { querySupervisor } = await import('./client/query.ts')
  return (await querySupervisor(process.env, 'logs', { service, tail })) as unknown as LogLine[]
}

/** Says how a try of a test went, where the runner's own process does not hear of it: `keep` goes by the last one. */
export async function reportTestAttempt(test: string, failed: boolean): Promise<void> {
  if (!inheritedPayload(process.env)) return
  const { querySupervisor } = await import('./client/query.ts')
  await querySupervisor(process.env, 'tried', { test, failed })
}

/** Services that have ended since the tests began, with their last lines; none where no services run. */
export async function exits(): Promise<readonly EndedService[]> {
  if (!inheritedPayload(process.env)) return []
  const { querySupervisor } = await import('./client/query.ts')
  return (await querySupervisor(process.env, 'exits', null)) as unknown as EndedService[]
}
