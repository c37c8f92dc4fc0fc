import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { browser, defineConfig, type AnyConfig } from '../../../packages/moorage/src/index.ts'
import { installedPlaywright } from '../../../packages/services/src/programs/installed-playwright.ts'
import { program } from '../../../packages/services/src/programs/browser.ts'
import { thrownMessage } from '../../thrown-error.ts'

const { version, chromium, core } = installedPlaywright(import.meta.dirname)
const spec = (defineConfig({ root: '/', services: { browser: browser() } }) as unknown as AnyConfig).services['browser']

test('the image is the official one of exactly the installed version, and never runs as root', () => {
  expect(version).toMatch(/^1\.\d+\.\d+$/)
  expect(spec?.container).toMatchObject({
    image: `mcr.microsoft.com/playwright:v${version}-noble`,
    user: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/) as string,
  })
})

test('what runs in it is the installed server', () => {
  const files = Object.entries(spec?.container?.files ?? {})
  expect(files.length).toBeGreaterThan(0)
  for (const [path, file] of files) {
    expect(file).toEqual({ $file: join(core, path.replace('/opt/playwright-core/', '')) })
    expect(existsSync((file as { $file: string }).$file), path).toBe(true)
  }
})

test("its variables are those by which Playwright's tests connect, and expose this machine's loopback", () => {
  expect(spec).toMatchObject({
    as: 'PW_TEST_CONNECT_WS_ENDPOINT',
    variables: { PW_TEST_CONNECT_EXPOSE_NETWORK: '<loopback>' },
  })
})

test('an image of another minor version is refused before anything exists', async () => {
  expect(await thrownMessage(() => void browser({ image: 'mirror.test/playwright:v1.20.3-noble' }))).toBe(
    `CONFIG_INVALID\nbrowser({ image }): mirror.test/playwright:v1.20.3-noble contains the browsers of Playwright 1.20, but ${version} is installed.\nUse the tag v${version}-noble, the default, or install @playwright/test@1.20.`,
  )
})

test.each([
  `mirror.test:5000/playwright:v${version}-noble`,
  'mirror.test/browsers:1.20',
  'mirror.test/playwright@sha256:1',
])('%s is not refused by its name', (image) => {
  expect(() => browser({ image })).not.toThrow()
})

test('no Playwright to be found', () => {
  const source = `import { installedPlaywright } from ${JSON.stringify(resolve('packages/services/src/programs/installed-playwright.ts'))}\ntry { installedPlaywright('/') } catch (error) { console.log(error.code + '\\n' + error.message) }`
  // A process of its own: package managers' NODE_PATH, read at the start, would find one.
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    encoding: 'utf8',
    env: { ...process.env, NODE_PATH: '' },
  })
  expect(stdout, stderr).toBe(
    'CONFIG_INVALID\nbrowser(): Playwright cannot be resolved from /, and the browser must have exactly its version.\nInstall it: npm install --save-dev @playwright/test\n',
  )
})

test.each([
  [
    { MOORAGE_CHROMIUM: '/no/such/chromium' },
    "PROGRAM_NOT_FOUND\nservices.b: MOORAGE_CHROMIUM names /no/such/chromium, which does not exist.\nCorrect the path, or unset the variable to use Playwright's Chromium or one on the PATH.",
  ],
  [
    { PATH: '/nowhere' },
    'PROGRAM_NOT_FOUND\nservices.b: found no Chromium to run as a plain process.\nInstall one (npx playwright install chromium, apt install chromium), set MOORAGE_CHROMIUM to its path, use Docker or Kubernetes, or set PW_TEST_CONNECT_WS_ENDPOINT to a running server.',
  ],
])('as a process, with %o', async (env, text) => {
  const before = { ...process.env }
  Object.assign(process.env, { PLAYWRIGHT_BROWSERS_PATH: '/nowhere', MOORAGE_CHROMIUM: '', ...env })
  try {
    expect(await thrownMessage(() => program(contextOf('/nowhere')))).toBe(text)
  } finally {
    for (const name of ['PLAYWRIGHT_BROWSERS_PATH', 'MOORAGE_CHROMIUM', 'PATH'])
      if (before[name] === undefined) delete process.env[name]
    Object.assign(process.env, before)
  }
})

function contextOf(dir: string): Parameters<typeof program>[0] {
  return {
    service: 'b',
    ports: { main: 1 },
    options: { core, chromium },
    secrets: {},
    root: '/',
    dir: () => Promise.resolve(dir),
    cache: () => Promise.resolve(dir),
    signal: new AbortController().signal,
    notice: () => {},
  }
}
