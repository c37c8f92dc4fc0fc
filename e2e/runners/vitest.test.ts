import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import { moorage, openStage } from '../harness/fixture.ts'
import { runsIn } from '../harness/project.ts'
import { runFixture } from '../harness/run-fixture.ts'
import { openVitest, versions } from '../harness/vitest.ts'

const exit = (code: number): object => ({ code, signal: null })

const FIVE = `import { defineConfig, npmServer, postgres, staticServer } from 'moorage'
  const a = staticServer({ root: 'site' })
  const b = postgres()
  const c = npmServer({ needs: { a: 'ready', b: 'ready' } })
  export default defineConfig({ services: { a, b, c, d: staticServer({ root: 'site', needs: { c: 'ready' } }), e: staticServer({ root: 'site', needs: { d: 'ready' } }) } })`

/** A config with a server of npm's, whose script it is. */
function server(script: string, options = ''): { readonly [path: string]: string } {
  return {
    'moorage.config.ts': `import { defineConfig, npmServer } from 'moorage'\nexport default defineConfig({ services: { api: npmServer({ ${options} }) } })`,
    'package.json': JSON.stringify({ type: 'module', scripts: { start: script } }),
  }
}

describe.each(versions)('Vitest %s', (vitest) => {
  const runner = { vitest }

  test.each(['plugin', 'setup'])(
    '16: %s, by name; 10: services(), inject and the environment agree; 14: a good teardown is silent',
    async (form) => {
      const { end, output } = await runFixture({ runner, env: { FORM: form } })
      expect(end, output).toEqual(exit(0))
      expect(output).toMatch(/Tests +2 passed/)
      // Lines only, and none after the tests.
      expect(output).not.toContain('\u001B')
      expect(output).not.toContain('\r')
      expect(output.slice(output.indexOf('web.test.ts'))).not.toContain('moorage:')
    },
  )

  test.each(['migrates', 'migrates in projects'])(
    "beside a globalSetup of the project's own, in form %s: it finds the services running, before and after the tests",
    async (form) => {
      const { end, output } = await runFixture({ runner, env: { FORM: form } })
      expect(end, output).toEqual(exit(0))
      expect(new Set(output.match(/MIGRATES .*/g))).toEqual(
        new Set(['MIGRATES BEFORE THE TESTS: 200', 'MIGRATES AFTER THE TESTS: 200']),
      )
      expect(output.match(/moorage: provider/g)).toHaveLength(1)
    },
  )

  test('14: in a terminal our lines stand whole above the window of Vitest', async () => {
    const { end, output } = await runFixture({ runner, tty: true })
    expect(end, output).toEqual(exit(0))
    const lines = stripVTControlCharacters(output)
      .split(/\r*\n/)
      .filter((line) => line.includes('moorage'))
    expect(
      lines
        .map((line) => line.replace(/:\d+ {2}\d+\.\d\d s$/, ':PORT'))
        .filter((line) => !line.includes('moorage-project')),
    ).toEqual([
      'moorage: provider process (plain processes on linux; chosen by MOORAGE_PROVIDER=process)',
      'moorage: web starting',
      'moorage: web waiting until ready',
      'moorage: ✓ web  http://127.0.0.1:PORT',
    ])
  })

  test('3: three projects and the root are one run', async () => {
    const { end, output } = await runFixture({ runner, env: { FORM: 'projects' } })
    expect(end, output).toEqual(exit(0))
    expect(output).toMatch(/Tests +6 passed/)
    expect(output.match(/moorage: provider/g)).toHaveLength(1)
    expect(runsIn(output)).toHaveLength(1)
  })

  test('3: one project of three is one run', async () => {
    const { end, output } = await runFixture({ runner, args: ['run', '--project', 'two'], env: { FORM: 'projects' } })
    expect(end, output).toEqual(exit(0))
    expect(output).toMatch(/Tests +2 passed/)
    expect(output.match(/moorage: provider/g)).toHaveLength(1)
  })

  test('3: bench is one run', async () => {
    const call =
      vitest === '5'
        ? "import { test } from 'vitest'\ntest('b', async ({ bench }) => { await bench('fetches', () => fetch(services().web.url)).run({ iterations: 3, time: 1 }) })"
        : "import { bench } from 'vitest'\nbench('fetches', async () => { await fetch(services().web.url) }, { iterations: 3, time: 1 })"
    const files = { 'test/web.bench.ts': `import { services } from 'moorage/test'\n${call}\n` }
    const { end, output } = await runFixture({ runner, files, args: ['bench', '--run'] })
    expect(end, output).toEqual(exit(0))
    expect(output.match(/moorage: provider/g)).toHaveLength(1)
  })

  test.each([['list'], ['--config', 'vitest.config.ts', 'list']])('8: vitest %s starts nothing', async (...args) => {
    const { end, output } = await runFixture({ runner, args, within: 1_000 })
    expect(end, output).toEqual(exit(0))
    expect(output).toContain('the same connection comes by')
    expect(output).not.toContain('moorage: ')
  })

  test('a name that matches nothing: nothing is left either', async () => {
    const { output } = await runFixture({ runner, args: ['run', '-t', 'no such test'] })
    expect(output).toMatch(/Tests +2 skipped/)
  })

  test('2: of five services the third fails: the others are gone, its error is what the screen ends with, exit 1', async () => {
    const { end, output } = await runFixture({
      runner,
      files: { ...server('echo the reason; exit 9'), 'moorage.config.ts': FIVE },
    })
    expect(end).toEqual(exit(1))
    expect(output).toContain('✓ b')
    expect(output).not.toMatch(/[de] starting/)
    expect(output.slice(output.lastIndexOf('MoorageError'))).toMatch(
      /^MoorageError: services\.c ended with exit code 9 before it was ready\.\nIts last log lines show why\.\nMore: moorage explain SERVICE_EXITED\nLast log lines:\n {2}the reason\n/,
    )
  })

  test("2: another's setup that throws: its error is shown, and our services are gone", async () => {
    const files = { 'says-teardown.ts': "export default () => { throw new Error('the other setup failed') }" }
    const { end, output } = await runFixture({ runner, files, env: { FORM: 'teardown' } })
    expect(end).toEqual(exit(1))
    expect(output).toContain('✓ web')
    expect(output).toContain('Error: the other setup failed')
  })

  test('7: a deadline names the service and shows its last lines', async () => {
    const { end, output } = await runFixture({
      runner,
      files: server('echo still warming up; sleep 60', 'deadlines: { ready: 2000 }'),
      within: 6_000,
    })
    expect(end).toEqual(exit(1))
    expect(output).toMatch(
      /MoorageError: services\.api did not become ready within 2 s: connection refused by [^]*Last log lines:\n {2}still warming up/,
    )
  })

  test('18: test.env that hides a variable of ours, and a workspace file that Vitest ignores, are reported once', async () => {
    const files = {
      'vitest.workspace.ts': "export default ['one']",
      'test/web.test.ts': "import { test } from 'vitest'\ntest('nothing', () => {})",
    }
    const { end, output } = await runFixture({
      runner,
      files: vitest === '3' ? { 'test/web.test.ts': files['test/web.test.ts'] } : files,
      env: { FORM: 'env' },
    })
    expect(end, output).toEqual(exit(0))
    const lines = output
      .split('\n')
      .filter((line) => /^moorage: (test\.env|Vitest)/.test(line))
      .map((line) => line.replace(/Vitest \d\.\d+\.\d+/, 'Vitest N'))
    expect(lines).toEqual(
      [
        "moorage: test.env sets WEB_URL, so tests see that value instead of moorage's. Remove it there. To use your own server, set WEB_URL in the environment of Vitest.",
        'moorage: Vitest N ignores vitest.workspace.ts, so its projects do not run. Import its list into the Vitest config as test.projects.',
      ].slice(0, vitest === '3' ? 1 : 2),
    )
  })

  test('20: two shards at once share nothing; 19: below moorage exec they share its run', async () => {
    using project = openVitest(vitest, {
      'test/other.test.ts':
        "import { test } from 'vitest'\ntest('says its run', () => console.log('\\nRUN ' + JSON.parse(process.env.MOORAGE).run))",
    })
    await using stage = await openStage(project.folder, 'process')
    const both = async (before: readonly string[]): Promise<readonly string[]> => {
      const shards = await Promise.all(
        ['1/2', '2/2'].map((shard) =>
          stage.start([...before, ...project.command('run', `--shard=${shard}`)], { CI: 'true' }),
        ),
      )
      for (const shard of shards) expect(await shard.ended, shard.output()).toEqual(exit(0))
      return shards.flatMap((shard) => runsIn(shard.output()))
    }
    expect(new Set(await both([])).size).toBe(2)
    const outer = await stage.start([...moorage(project.folder, 'exec', '--'), ...project.command('run')])
    expect(await outer.ended, outer.output()).toEqual(exit(0))
    expect(runsIn(outer.output())).toHaveLength(1)
    expect(outer.output().match(/moorage: provider/g)).toHaveLength(1)
    await stage.clean(1_000)
  })
})
