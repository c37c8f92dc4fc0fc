import { inherited, PAYLOAD } from './config/variables.ts'
import { MoorageError } from './errors.ts'
import type { Registered } from './register.ts'

/** The connections of the services that this test runs with; typed by the registered config. In any runner. */
export function services(): Registered {
  const payload = inherited(process.env)
  if (payload) return payload.services as unknown as Registered
  throw new MoorageError('USAGE', `services(): the variable ${PAYLOAD} is not set, so no services run for this test.`, {
    hint: "Add plugins: [moorage()] to vitest.config.ts, globalSetup: 'moorage/playwright' to playwright.config.ts, or run the tests by `moorage exec -- <command>`.",
  })
}
