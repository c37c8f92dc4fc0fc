import { renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { CHROMIUM, missingChromium } from '../harness/chromium.ts'
import { moorage, openStage, until } from '../harness/fixture.ts'
import { openPlaywright, runsIn, versions } from '../harness/playwright.ts'

const exit = (code: number): object => ({ code, signal: null })

describe.each(versions)('Playwright %s', (version) => {
  test('16: globalSetup by name; 10: the same payload in variables and fixtures; 14: a good teardown is silent', async () => {
    using project = openPlaywright(version)
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command())
    expect(await child.ended, child.output()).toEqual(exit(0))
    expect(child.output()).toContain('4 passed')
    expect(runsIn(child.output())).toHaveLength(1)
    // After the last test: the reporter's summary, and nothing of ours.
    expect(child.output().split('✓').at(-1)).not.toContain('moorage')
    await stage.clean(1_000)
  })

  test('8: --list starts nothing', async () => {
    using project = openPlaywright(version)
    await using stage = await openStage(project.folder, 'process')
    for (const form of version === '1.50' ? ['setup'] : ['setup', 'server']) {
      const child = await stage.start(project.command('--list'), { FORM: form })
      expect(await child.ended, child.output()).toEqual(exit(0))
      expect(child.output()).toContain('Total: 4 tests in 1 file')
      expect(child.output()).not.toMatch(/moorage: |app sees/)
    }
    await stage.clean(1_000)
  })

  test('UI mode: services are up when the page is, and gone after Ctrl-C', async ({ skip }) => {
    const reason = missingChromium()
    if (reason) skip(reason)
    using project = openPlaywright(version)
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command('--ui-host=127.0.0.1', '--ui-port=0'))
    const address = (): string | undefined => /http:\/\/127\.0\.0\.1:\d+\S*/.exec(child.output())?.[0]
    await until('the page is served', () => address() !== undefined)
    const browser = await stage.start(
      [
        CHROMIUM,
        '--headless',
        '--no-sandbox',
        '--disable-dev-shm-usage',
        `--user-data-dir=${join(project.folder, 'profile')}`,
        address() ?? '',
      ],
      { TMPDIR: project.folder },
    )
    const up = async (): Promise<string> =>
      await stage.supervisor().then(
        () => '',
        (error: Error) => error.message,
      )
    for (const end = Date.now() + 20_000; (await up()) !== '' && Date.now() < end;) await sleep(50)
    expect(await up(), `${child.output()}\n${browser.output()}`).toBe('')
    browser.kill('SIGTERM')
    await browser.ended
    child.kill('SIGINT')
    await child.ended
    await stage.clean(5_000)
  })

  test.each(['module', 'commonjs', 'none'])('a package of type %s', async (type) => {
    using project = openPlaywright(version, { 'package.json': type === 'none' ? '{}' : `{ "type": "${type}" }` })
    if (type === 'commonjs')
      renameSync(join(project.folder, 'moorage.config.ts'), join(project.folder, 'moorage.config.mts'))
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command('--project=one'), { FORM: version === '1.50' ? 'setup' : 'both' })
    expect(await child.ended, child.output()).toEqual(exit(0))
    expect(child.output()).toContain('2 passed')
    await stage.clean(1_000)
  })

  test('19: moorage exec: every variable is there from the start, the setup joins the run, and the exit code is passed on', async () => {
    using project = openPlaywright(version, {
      'tests/fails.spec.ts':
        "import { test } from '@playwright/test'\ntest('fails', () => { throw new Error('on purpose') })\n",
    })
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start([...moorage(project.folder, 'exec', '--'), ...project.command()], { FORM: 'both' })
    expect(await child.ended, child.output()).toEqual(exit(1))
    expect(child.output()).toContain('4 passed')
    expect(child.output()).toContain('app sees postgresql:')
    expect(runsIn(child.output())).toHaveLength(1)
    expect(child.output().match(/moorage: provider/g)).toHaveLength(1)
    await stage.clean(1_000)
  })

  test('20: two shards at once share nothing', async () => {
    using project = openPlaywright(version)
    await using stage = await openStage(project.folder, 'process')
    const shards = await Promise.all(
      ['1/2', '2/2'].map((shard) =>
        stage.start(project.command('--shard', shard, '--output', `results-${shard[0]}`), {
          CI: 'true',
          MOORAGE_PROVIDER: 'process',
        }),
      ),
    )
    for (const shard of shards) expect(await shard.ended, shard.output()).toEqual(exit(0))
    const runs = shards.map((shard) => runsIn(shard.output()))
    expect(runs.flat()).toHaveLength(2)
    expect(new Set(runs.flat()).size).toBe(2)
    await stage.clean(1_000)
  })

  test('2: of five services the third fails: the others are gone, its error is what the screen ends with, exit 1', async () => {
    const config = `import { defineConfig, npmServer, postgres, staticServer } from 'moorage'
      const a = staticServer({ root: 'site' })
      const b = postgres()
      const c = npmServer({ needs: { a: 'ready', b: 'ready' } })
      export default defineConfig({ services: { a, b, c, d: staticServer({ root: 'site', needs: { c: 'ready' } }), e: staticServer({ root: 'site', needs: { d: 'ready' } }) } })`
    using project = openPlaywright(version, {
      'moorage.config.ts': config,
      'package.json': JSON.stringify({ type: 'module', scripts: { start: 'echo the reason; exit 9' } }),
    })
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command())
    expect(await child.ended).toEqual(exit(1))
    const output = child.output().trimEnd()
    expect(output).toContain('✓ b')
    expect(output).not.toMatch(/[de] starting/)
    expect(output.slice(output.indexOf('MoorageError'))).toBe(
      'MoorageError: services.c ended with exit code 9 before it was ready.\nIts last log lines show why.\nMore: moorage explain SERVICE_EXITED\nLast log lines:\n  the reason',
    )
    await stage.clean(1_000)
  })

  test('7: a deadline names the service and shows its last lines', async () => {
    const config =
      "import { defineConfig, npmServer } from 'moorage'\nexport default defineConfig({ services: { slow: npmServer({ deadlines: { ready: 3000 } }) } })"
    using project = openPlaywright(version, {
      'moorage.config.ts': config,
      'package.json': JSON.stringify({ type: 'module', scripts: { start: 'echo still warming up; sleep 60' } }),
    })
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command())
    expect(await child.ended).toEqual(exit(1))
    expect(child.output()).toMatch(/MoorageError: services\.slow .*3 s[^]*Last log lines:\n {2}still warming up/)
    await stage.clean(6_000)
  })

  test('13: a service that dies in mid-run: one message, and no unhandled error', async () => {
    const config =
      "import { defineConfig, npmServer } from 'moorage'\nexport default defineConfig({ services: { web: npmServer({ path: '/' }) } })"
    using project = openPlaywright(version, {
      'moorage.config.ts': config,
      'package.json': JSON.stringify({ type: 'module', scripts: { start: 'node dies.mjs' } }),
      'dies.mjs':
        "import { createServer } from 'node:http'\ncreateServer((request, response) => request.url === '/die' ? process.exit(7) : response.end('alive')).listen(process.env.PORT, process.env.HOST)",
      'tests/services.spec.ts':
        "import { test } from 'moorage/playwright'\ntest('goes on', async ({ request }) => {\n  await request.get('/die').catch(() => {})\n  await new Promise((done) => setTimeout(done, 500))\n})\n",
    })
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command('--project=one'))
    expect(await child.ended, child.output()).toEqual(exit(0))
    expect(child.output().match(/moorage: ✗ services\.web .*exit code 7/g), child.output()).toHaveLength(1)
    expect(child.output()).not.toMatch(/Unhandled|MoorageError/)
    await stage.clean(1_000)
  })
})

const withWait = versions.filter((version) => version !== '1.50')

describe.each(withWait)('Playwright %s, webServer: [moorage.webServer(), app]', (version) => {
  test('4: the app sees the URL of the database, and so do tests, without a global setup', async () => {
    using project = openPlaywright(version)
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command(), { FORM: 'server' })
    expect(await child.ended, child.output()).toEqual(exit(0))
    expect(child.output()).toContain('app sees postgresql:')
    expect(child.output()).toContain('4 passed')
    await stage.clean(1_000)
  })

  test('3: with a global setup and two projects it is one run', async () => {
    using project = openPlaywright(version)
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command(), { FORM: 'both' })
    expect(await child.ended, child.output()).toEqual(exit(0))
    expect(child.output().match(/moorage: provider/g)).toHaveLength(1)
    expect(runsIn(child.output())).toHaveLength(1)
    await stage.clean(1_000)
  })

  test('2: services that do not start: the reason on the screen, exit 1, and the app is not run', async () => {
    using project = openPlaywright(version, {
      'moorage.config.ts':
        "import { defineConfig, npmServer } from 'moorage'\nexport default defineConfig({ services: { db: npmServer({ script: 'none' }) } })",
    })
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command(), { FORM: 'server' })
    expect(await child.ended).toEqual(exit(1))
    expect(child.output()).toContain("has no script 'none'.")
    expect(child.output()).not.toContain('app sees')
    await stage.clean(1_000)
  })

  test('a variable keeps the case that the config gives it', async () => {
    using project = openPlaywright(version, {
      'moorage.config.ts':
        "import { defineConfig, staticServer } from 'moorage'\nexport default defineConfig({ services: { web: staticServer({ root: 'site', as: 'siteUrl' }) } })",
      'app.mjs':
        "console.log('siteUrl is ' + process.env.siteUrl)\nconsole.log('app on port 1')\nprocess.stdin.resume()\n",
    })
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command('--project=one', '-g', 'lasts'), { FORM: 'server' })
    expect(await child.ended, child.output()).toEqual(exit(0))
    expect(child.output()).toMatch(/siteUrl is http:\/\/127\.0\.0\.1:\d+/)
    await stage.clean(1_000)
  })
})

describe.each(versions.filter((version) => version === '1.50'))('Playwright %s', () => {
  test('webServer() says which version it needs, and what to do with this one', async () => {
    using project = openPlaywright('1.50')
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command(), { FORM: 'server' })
    expect(await child.ended).toEqual(exit(1))
    expect(child.output()).toContain(
      'MoorageError: moorage.webServer() needs Playwright 1.57 or later, but 1.50.0 is installed.\nUpdate Playwright, run `moorage exec -- playwright test`,',
    )
    await stage.clean(1_000)
  })
})
