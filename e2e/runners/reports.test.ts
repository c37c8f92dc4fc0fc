import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { versions as playwrights } from '../harness/playwright.ts'
import { runFixture } from '../harness/run-fixture.ts'
import { versions as vitests } from '../harness/vitest.ts'

const exit = (code: number): object => ({ code, signal: null })

// Its last line is what a workflow would take for a command.
const DIES = `import { createServer } from 'node:http'
const server = createServer((request, response) => {
  if (request.url !== '/die') return response.end('alive')
  console.log('out of cheese')
  console.log('::warning::not a command')
  process.exit(7)
})
server.listen(process.env.PORT, process.env.HOST)`

const MORTAL = {
  'moorage.config.ts':
    "import { defineConfig, npmServer } from 'moorage'\nexport default defineConfig({ services: { api: npmServer({ path: '/' }) } })",
  'package.json': JSON.stringify({ type: 'module', scripts: { start: 'node dies.mjs' } }),
  'dies.mjs': DIES,
}

const STILLBORN = {
  'moorage.config.ts': MORTAL['moorage.config.ts'],
  'package.json': JSON.stringify({ type: 'module', scripts: { start: 'echo 50% done; exit 9' } }),
}

const vitestDies = {
  ...MORTAL,
  'test/web.test.ts': `import { services } from 'moorage/test'
import { test } from 'vitest'
test('before', () => fetch(services().api.url))
test('kills it', async () => {
  await fetch(services().api.url + '/die').catch(() => {})
  await fetch(services().api.url)
})
test('misses it', () => fetch(services().api.url))`,
}

const playwrightDies = {
  ...MORTAL,
  'tests/services.spec.ts': `import { test } from 'moorage/playwright'
test('before', async ({ request, baseURL }) => void (await request.get(baseURL!)))
test('kills it', async ({ request }) => {
  await request.get('/die').catch(() => {})
  await request.get('/')
})`,
}

/** From the first annotation on, random tokens named. */
function annotated(output: string): string {
  return output
    .slice(output.indexOf('::error'))
    .replace(/::stop-commands::([0-9a-f-]{36})/, '::stop-commands::TOKEN')
    .replace(/^::[0-9a-f-]{36}::$/m, '::TOKEN::')
}

const ENDED = `::error title=moorage::services.api ended with exit code 7.
::group::Last lines of services.api
::stop-commands::TOKEN
out of cheese
::warning::not a command
::TOKEN::
::endgroup::
`

const FAILED = `::error title=moorage::services.api ended with exit code 9 before it was ready.%0AIts last log lines show why.%0AMore: moorage explain SERVICE_EXITED
::group::Last lines of services.api
::stop-commands::TOKEN
50% done
::TOKEN::
::endgroup::
`

describe.each(vitests)('Vitest %s', (vitest) => {
  const runner = { vitest }

  test('13: a service that dies in mid-run: one message, no unhandled error, and its last lines in the report of the test that failed', async () => {
    const { end, output } = await runFixture({ runner, files: vitestDies })
    expect(end, output).toEqual(exit(1))
    expect(
      output.match(/^moorage: ✗ services\.api ended with exit code 7 \(its last lines follow after the tests\)\.$/gm),
      output,
    ).toHaveLength(1)
    // The annotations are for GitHub alone.
    expect(output).not.toMatch(/Unhandled|MoorageError|^::(error|group)/m)
    expect(output.match(/out of cheese/g), output).toHaveLength(1)
    expect(output).toMatch(
      /FAIL {2}test\/web\.test\.ts > kills it\n[^]*services\.api ended with exit code 7\. Its last lines:\n {2}out of cheese/,
    )
    expect(output).not.toMatch(/FAIL .*before/)
  })

  test('13: and in its JSON report', async () => {
    const report = join(mkdtempSync(join(tmpdir(), 'vitest-report-')), 'report.json')
    await runFixture({ runner, files: vitestDies, args: ['run', '--reporter=json', '--outputFile', report] })
    const text = readFileSync(report, 'utf8')
    rmSync(dirname(report), { recursive: true })
    const { testResults } = JSON.parse(text) as {
      testResults: { assertionResults: { title: string; failureMessages: string[] }[] }[]
    }
    const messages = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .map(({ title, failureMessages }) => [
        title,
        failureMessages.filter((text) => text.includes('out of cheese')).length,
      ])
    expect(messages).toEqual([
      ['before', 0],
      ['kills it', 1],
      ['misses it', 1],
    ])
  })

  test('15: on GitHub a service that fails to start is one annotation, its log a group', async () => {
    const { end, output } = await runFixture({ runner, files: STILLBORN, env: { GITHUB_ACTIONS: 'true' } })
    expect(end).toEqual(exit(1))
    expect(output.match(/^::error title=moorage/gm)).toHaveLength(1)
    expect(annotated(output).startsWith(FAILED), output).toBe(true)
  })

  test('15: and so is one that dies in mid-run', async () => {
    const { output } = await runFixture({ runner, files: vitestDies, env: { GITHUB_ACTIONS: 'true' } })
    expect(output.match(/^::error title=moorage/gm)).toHaveLength(1)
    expect(annotated(output).startsWith(ENDED), output).toBe(true)
  })
})

describe.each(playwrights)('Playwright %s', (playwright) => {
  const runner = { playwright }

  test('13: the last lines of a service that died are attached to the test that failed', async () => {
    const { end, output } = await runFixture({ runner, files: playwrightDies, args: ['--project=one'] })
    expect(end, output).toEqual(exit(1))
    expect(
      output.match(/attachment #1: services\.api ended with exit code 7 \(text\/plain\)[^\n]*\n *out of cheese/g),
      output,
    ).toHaveLength(1)
    expect(output).toContain('1 passed')
  })

  test.each(playwright === '1.50' ? ['setup'] : ['setup', 'server'])(
    '15: on GitHub a service that fails to start is one annotation, its log a group (%s)',
    async (form) => {
      const { end, output } = await runFixture({
        runner,
        files: STILLBORN,
        env: { GITHUB_ACTIONS: 'true', FORM: form },
      })
      expect(end).toEqual(exit(1))
      expect(output.match(/^::error title=moorage/gm), output).toHaveLength(1)
      expect(annotated(output), output).toContain(FAILED)
    },
  )
})
