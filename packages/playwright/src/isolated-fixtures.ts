import { dirname, extname } from 'node:path'
import type {
  PlaywrightTestArgs,
  PlaywrightTestOptions,
  PlaywrightWorkerArgs,
  PlaywrightWorkerOptions,
  TestInfo,
} from '@playwright/test'
import { acquireSlot, serviceNames, type IsolatedFixtures as FixturesBut } from '@moorage/core/isolated'

type Own = PlaywrightTestArgs & PlaywrightTestOptions & PlaywrightWorkerArgs & PlaywrightWorkerOptions

/** A fixture for each service, but for the names that Playwright has itself: such a service is reached by `services`. */
export type IsolatedFixtures = FixturesBut<keyof typeof TAKEN>

// Complete by its type: a service called `browser` must not replace Playwright's.
const TAKEN: { readonly [name in keyof Own | 'services' | 'baseService']: true } = {
  acceptDownloads: true,
  actionTimeout: true,
  baseService: true,
  baseURL: true,
  browser: true,
  browserName: true,
  bypassCSP: true,
  channel: true,
  clientCertificates: true,
  colorScheme: true,
  connectOptions: true,
  context: true,
  contextOptions: true,
  contrast: true,
  defaultBrowserType: true,
  deviceScaleFactor: true,
  extraHTTPHeaders: true,
  forcedColors: true,
  geolocation: true,
  hasTouch: true,
  headless: true,
  httpCredentials: true,
  ignoreHTTPSErrors: true,
  isMobile: true,
  javaScriptEnabled: true,
  launchOptions: true,
  locale: true,
  mount: true,
  navigationTimeout: true,
  offline: true,
  page: true,
  permissions: true,
  playwright: true,
  proxy: true,
  reducedMotion: true,
  request: true,
  reuseContext: true,
  screen: true,
  screenshot: true,
  serviceWorkers: true,
  services: true,
  storageState: true,
  testIdAttribute: true,
  timezoneId: true,
  trace: true,
  userAgent: true,
  video: true,
  viewport: true,
}

type Fixture = (none: object, use: (connection: unknown) => Promise<void>, info: TestInfo) => Promise<void>

/**
 * Their names are known once services run. Playwright takes the fixtures when it has loaded the test files, after the global
 * setups, while the config imports this module before them: so they are looked up then, not now.
 */
export function isolatedFixtures(): object {
  let names: readonly string[] | undefined
  const known = (): readonly string[] =>
    (names ??= serviceNames(configFolder(process.argv)).filter((name) => !(name in TAKEN)))
  const fixtureIn = (name: string | symbol): Fixture | undefined =>
    typeof name === 'string' && known().includes(name) ? fixtureOf(name) : undefined
  return new Proxy(
    {},
    {
      ownKeys: () => [...known()],
      get: (_, name) => fixtureIn(name),
      getOwnPropertyDescriptor: (_, name) => {
        const value = fixtureIn(name)
        return value && { value, enumerable: true, configurable: true }
      },
    },
  )
}

function fixtureOf(name: string): Fixture {
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of fixtures from this place
  return async ({}, use, { file }) => {
    const { connection, release } = await acquireSlot(name, { file, own: true })
    await use(connection)
    release()
  }
}

/** Where playwright.config.ts is: `--config` names it or its folder. */
function configFolder(argv: readonly string[]): string {
  const at = argv.findIndex((word) => /^(-c|--config)(=|$)/.test(word))
  const named = argv[at]?.split('=')[1] ?? (at < 0 ? undefined : argv[at + 1])
  if (named === undefined) return process.cwd()
  return extname(named) ? dirname(named) : named
}
