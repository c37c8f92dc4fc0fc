import { createHash } from 'node:crypto'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { missingChromium } from '../harness/chromium.ts'
import { kubeconfig, missing, offers, type ProviderName, providers } from '../harness/engine.ts'
import { waitForDeletions } from '../harness/cluster.ts'
import { openStage } from '../harness/fixture.ts'
import { openImageRoot } from '../harness/image-root.ts'
import { openPlaywright, versions, type PlaywrightVersion } from '../harness/playwright.ts'
import type { Files, RunnerProject } from '../harness/project.ts'

const reach = `import { createServer } from 'node:http'
import { expect, test } from 'moorage/playwright'

test('a page reaches a server of the runner and a service', async ({ page, services }) => {
  const server = createServer((_, response) => response.end('on the runner')).listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  await page.goto('http://127.0.0.1:' + server.address().port)
  await expect(page.locator('body')).toHaveText('on the runner')
  await page.goto(services.web.url)
  await expect(page).toHaveTitle('Harbour')
  server.close()
})
`

const open = (version: PlaywrightVersion, files: Files = {}): RunnerProject =>
  openPlaywright(version, { 'tests/reach.spec.ts': reach, ...files }, 'examples/playwright-visual')

const DIFFERENT = /\d+ pixels \(ratio [\d.]+ of all image pixels\) are different/

interface Ran {
  readonly code: number | null
  readonly output: string
}

async function run(
  project: RunnerProject,
  args: readonly string[],
  { provider = 'process', env = {} }: { provider?: ProviderName; env?: Record<string, string> } = {},
): Promise<Ran> {
  // Pods that are going away would be part of the inventory of another engine.
  if (provider !== 'kubernetes' && offers('kubernetes') && !missing('kubernetes')) await waitForDeletions()
  await using stage = await openStage(project.folder, provider)
  const child = await stage.start(project.command('--reporter=list', ...args), env)
  const { code } = await child.ended
  await stage.clean(2_000)
  return { code, output: child.output() }
}

/** Takes every screenshot again, whatever there was; gives their bytes by hash. */
async function draw(
  project: RunnerProject,
  provider: ProviderName,
  env: Record<string, string> = {},
): Promise<{ readonly [file: string]: string }> {
  const { code, output } = await run(project, ['--update-snapshots=all'], { provider, env })
  expect(code, output).toBe(0)
  expect(output).toContain('6 passed')
  const files = globSync('tests/__screenshots__/**/*.png', { cwd: project.folder }).toSorted()
  return Object.fromEntries(
    files.map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(join(project.folder, file)))
        .digest('hex'),
    ]),
  )
}

const needed = offers('docker') ? (missing('docker') ?? missing('kubernetes')) : undefined
let drawing: ReturnType<typeof draw> | undefined

/** What the others are compared with; drawn once, by whichever test comes first. */
function drawnInDocker(): ReturnType<typeof draw> {
  return (drawing ??= (async () => {
    using project = open('latest')
    const drawn = await draw(project, 'docker')
    expect(Object.keys(drawn)).toEqual(
      ['desktop', 'phone'].flatMap((name) =>
        ['chosen', 'page'].map((shot) => `tests/__screenshots__/${name}/page.spec.ts/${shot}.png`),
      ),
    )
    return drawn
  })())
}

test.for(providers('docker'))(
  '17: the same bytes on Docker and on Kubernetes, under a restricted policy',
  async (_provider, { skip }) => {
    if (needed) skip(needed)
    using project = open('latest')
    const drawn = await draw(project, 'kubernetes', {
      KUBECONFIG: kubeconfig('restricted'),
      MOORAGE_NAMESPACE: 'restricted',
    })
    expect(drawn).toEqual(await drawnInDocker())
  },
)

test.for(providers('docker'))(
  "17: the same bytes on plain processes with the image's Chromium and fonts; without its fonts the comparison fails",
  async (_provider, { skip }) => {
    if (needed) skip(needed)
    using project = open('latest')
    const { version } = JSON.parse(
      readFileSync(join(project.folder, 'node_modules/@playwright/test/package.json'), 'utf8'),
    ) as { version: string }
    using root = openImageRoot(`mcr.microsoft.com/playwright:v${version}-noble`)
    const env = { MOORAGE_CHROMIUM: root.chromium }
    expect(await draw(project, 'process', env)).toEqual(await drawnInDocker())
    rmSync(join(root.folder, 'usr/share/fonts/truetype/liberation'), { recursive: true })
    const { code, output } = await run(project, ['page', '--project=desktop'], { env })
    expect(code, output).toBe(1)
    expect(output).toMatch(DIFFERENT)
  },
)

test.for(providers('docker'))(
  '17: a version mismatch is caught before the first test: an image without the browser build of the installed version',
  async (_provider, { skip }) => {
    const absent = missing('docker')
    if (absent) skip(absent)
    const config =
      "import { browser, defineConfig } from 'moorage'\nexport default defineConfig({ services: { browser: browser({ image: 'node:24' }) } })\n"
    using project = open('latest', { 'moorage.config.ts': config })
    const { code, output } = await run(project, [], { provider: 'docker' })
    expect(code, output).toBe(1)
    expect(output).toMatch(
      /MoorageError: services\.browser ended with exit code 1 before it was ready\.\nIts last log lines show why\.\nMore: moorage explain SERVICE_EXITED\nLast log lines:\n {2}This image lacks Chromium build (\d+), which Playwright (1\.\d+\.\d+) needs\. Use mcr\.microsoft\.com\/playwright:v\2-noble, or an image based on it\./,
    )
  },
)

if (offers('process'))
  describe.skipIf(missingChromium() !== undefined)('on plain processes with the Chromium of this machine', () => {
    test('17: a second run finds the page as it was; a changed font fails, and shows the difference', async () => {
      using project = open('latest')
      await draw(project, 'process')
      expect(await run(project, [])).toMatchObject({ code: 0 })
      const style = join(project.folder, 'site/style.css')
      writeFileSync(style, readFileSync(style, 'utf8').replace('--serif: serif;', "--serif: 'DejaVu Serif';"))
      const { code, output } = await run(project, ['--project=desktop'])
      expect(code, output).toBe(1)
      expect(output).toMatch(DIFFERENT)
      expect(output).toMatch(/1 failed[^]*2 passed/)
      expect(globSync('test-results/*/page-diff.png', { cwd: project.folder })).toHaveLength(1)
    })

    test('the code of docs/visual-tests.md runs as it stands', async () => {
      const files = [...readFileSync('docs/visual-tests.md', 'utf8').matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```/gm)].map(
        ([, path, code]) => [path as string, code as string] as const,
      )
      expect(files.map(([path]) => path)).toEqual(['moorage.config.ts', 'playwright.config.ts', 'tests/page.spec.ts'])
      using project = open('latest', Object.fromEntries(files))
      for (const args of [['--update-snapshots'], []])
        expect(await run(project, args)).toMatchObject({
          code: 0,
          output: expect.stringContaining('2 passed') as string,
        })
      expect(globSync('tests/__screenshots__/**/*.png', { cwd: project.folder })).toEqual([
        'tests/__screenshots__/page.spec.ts/page.png',
      ])
    })

    const forms = versions.flatMap(
      (version): readonly (readonly ['globalSetup' | 'webServer', PlaywrightVersion])[] => [
        ['globalSetup', version],
        ...(version === '1.50' ? [] : [['webServer', version] as const]),
      ],
    )
    test.each(forms)('%s, Playwright %s: tests connect to the browser', async (form, version) => {
      const entry = { globalSetup: "globalSetup: 'moorage/playwright'", webServer: 'webServer: [moorage.webServer()]' }[
        form
      ]
      const source = `import { defineConfig } from '@playwright/test'\nimport { moorage } from 'moorage/playwright'\nvoid moorage\nexport default defineConfig({ testDir: 'tests', ${entry} })\n`
      using project = open(version, { 'playwright.config.ts': source })
      const { code, output } = await run(project, ['reach'])
      expect(code, output).toBe(0)
      expect(output).toContain('1 passed')
    })
  })
