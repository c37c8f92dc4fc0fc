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
import { followUp } from './failed-test.ts'
import { baseUrlOf } from './base-url.ts'
import { isolatedFixtures, type IsolatedFixtures } from './isolated-fixtures.ts'

export { expect }

export interface ServiceOptions {
  /** The service whose URL is the `baseURL`. Default: the one called `web`, else the only one with an http URL. */
  baseService: (keyof Registered & string) | undefined
}

export interface ServiceFixtures {
  /** The connections of the services, typed by the registered config. */
  services: Registered
}

interface Automatic {
  endedServices: void
}

type Test = TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & ServiceOptions & IsolatedFixtures & Automatic,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions & ServiceFixtures
>

/** Playwright's `test` with `services`, a fixture for each service, and with a service's URL as `baseURL` where the config gives none. */
export const test: Test = base
  .extend<IsolatedFixtures>(isolatedFixtures() as never)
  .extend<ServiceOptions & Automatic, ServiceFixtures>({
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of fixtures from this place
    services: [async ({}, use) => await use(connections()), { scope: 'worker' }],
    baseService: [undefined, { option: true }],
    // Begun first, it ends last: when the outcome is known.
    endedServices: [
      // oxlint-disable-next-line no-empty-pattern -- as above
      async ({}, use, info) => {
        await use()
        await followUp(info)
      },
      { auto: true },
    ],
    baseURL: async ({ baseURL, baseService, services }, use) => await use(baseURL ?? baseUrlOf(services, baseService)),
  })
