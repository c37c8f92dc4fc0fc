import { dirname, extname } from 'node:path'
import type {
  PlaywrightTestArgs,
  PlaywrightTestOptions,
  PlaywrightWorkerArgs,
  PlaywrightWorkerOptions,
  TestInfo,
} from '@playwright/test'
import { acquireSlot, serviceNames, type IsolatedFixtures as FixturesExcept } from '@moorage/core/isolated'

type PlaywrightFixtures = PlaywrightTestArgs & PlaywrightTestOptions & PlaywrightWorkerArgs & PlaywrightWorkerOptions

/**
 * A fixture for each service, except where Playwright has one of that name. Tests reach such a service through
 * `services`.
 */
export type IsolatedFixtures = FixturesExcept<keyof typeof RESERVED_NAMES>

// The type demands every name: a service called `browser` must not replace Playwright's fixture.
const RESERVED_NAMES: { readonly [name in keyof PlaywrightFixtures | 'services' | 'baseService']: true } = {
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

type Fixture = (fixtures: object, use: (connection: unknown) => Promise<void>, info: TestInfo) => Promise<void>

/**
 * The names of the services are known only while they run. playwright.config.ts imports this module before the global
 * setups, and Playwright reads the fixtures after them, so a proxy looks the names up on demand.
 */
export function isolatedFixtures(): object {
  let names: readonly string[] | undefined
  const fixtureNames = (): readonly string[] =>
    (names ??= serviceNames(configFolder(process.argv)).filter((name) => !(name in RESERVED_NAMES)))
  const findFixture = (name: string | symbol): Fixture | undefined =>
    typeof name === 'string' && fixtureNames().includes(name) ? createFixture(name) : undefined
  return new Proxy(
    {},
    {
      ownKeys: () => [...fixtureNames()],
      get: (_, name) => findFixture(name),
      getOwnPropertyDescriptor: (_, name) => {
        const value = findFixture(name)
        return value && { value, enumerable: true, configurable: true }
      },
    },
  )
}

function createFixture(name: string): Fixture {
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixture names from this pattern
  return async ({}, use, { file, title }) => {
    const user = `the test '${title}' in ${file}`
    const { connection, release } = await acquireSlot(name, { file, user, concurrent: true })
    await use(connection)
    release()
  }
}

/** The folder of playwright.config.ts. `--config` names the file or its folder. */
function configFolder(argv: readonly string[]): string {
  const index = argv.findIndex((word) => /^(-c|--config)(=|$)/.test(word))
  const path = argv[index]?.split('=')[1] ?? (index < 0 ? undefined : argv[index + 1])
  if (path === undefined) return process.cwd()
  return extname(path) ? dirname(path) : path
}
