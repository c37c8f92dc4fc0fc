import { expect, test as base } from '@playwright/test'
import type {
  PlaywrightTestArgs,
  PlaywrightTestOptions,
  PlaywrightWorkerArgs,
  PlaywrightWorkerOptions,
  TestType,
} from '@playwright/test'
import type { Registered } from '@moorage/core'
import { services as connections } from '@moorage/core/test'
import { resolveBaseUrl } from './base-url.ts'
import { isolatedFixtures, type IsolatedFixtures } from './isolated-fixtures.ts'
import { reportTestResult } from './report-test-result.ts'

export { expect }

export interface ServiceOptions {
  /** The service whose URL becomes `baseURL`. Default: the service `web`, else the only one with an http URL. */
  baseService: (keyof Registered & string) | undefined
}

export interface ServiceFixtures {
  /** The connections of the services, typed by the registered config. */
  services: Registered
}

interface AutomaticFixtures {
  moorageTestResult: void
}

type Test = TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & ServiceOptions & IsolatedFixtures & AutomaticFixtures,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & ServiceFixtures
>

/**
 * Playwright's `test` with the fixture `services` and a fixture for each service: its connection, with a database of
 * the test's own if the service sets `isolate`. `baseURL` defaults to a service's URL. Throws `MoorageError` (USAGE) if
 * no services run or `baseService` has no URL, and (ISOLATION_FAILED) if a database cannot be created.
 */
export const test: Test = base
  .extend<IsolatedFixtures>(isolatedFixtures() as never)
  .extend<ServiceOptions & AutomaticFixtures, ServiceFixtures>({
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixture names from this pattern
    services: [async ({}, use) => await use(connections()), { scope: 'worker' }],
    baseService: [undefined, { option: true }],
    // An automatic fixture is set up first and torn down last, when the result is known.
    moorageTestResult: [
      // oxlint-disable-next-line no-empty-pattern -- as above
      async ({}, use, info) => {
        await use()
        await reportTestResult(info)
      },
      { auto: true },
    ],
    baseURL: async ({ baseURL, baseService, services }, use) =>
      await use(baseURL ?? resolveBaseUrl(services, baseService)),
  })
