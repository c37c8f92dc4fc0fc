import { MoorageError } from '../contract/errors.ts'
import { PAYLOAD_VARIABLE, type EnvVariables } from './url-variables.ts'

const START_FAILED = JSON.stringify({ failed: true })

/** What a runner in watch mode sets where the services did not start: its tests run without them. */
export const FAILED_START_VARIABLES: { readonly [name: string]: string } = { [PAYLOAD_VARIABLE]: START_FAILED }

/** The error (USAGE) of a call that finds no services. */
export function notProvisioned(call: string, env: EnvVariables): MoorageError {
  if (env[PAYLOAD_VARIABLE] === START_FAILED)
    return new MoorageError(
      'USAGE',
      `${call}: the services did not start for this rerun. moorage has printed the error above.`,
      { hint: 'Correct its cause and save: the tests run again.' },
    )
  return new MoorageError(
    'USAGE',
    `${call}: the variable ${PAYLOAD_VARIABLE} is not set, so no services run for this test.`,
    {
      hint: "Add plugins: [moorage()] to vitest.config.ts, globalSetup: 'moorage/playwright' to playwright.config.ts, or run the tests with `moorage exec -- <command>`.",
    },
  )
}
