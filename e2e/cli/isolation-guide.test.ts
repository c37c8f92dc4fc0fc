import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { moorage, openStage } from '../harness/fixture.ts'
import { openProject } from '../harness/project.ts'

const installed = 'e2e/fixtures/isolation/node_modules'

test('docs/isolation.md: its code runs in Vitest, in Playwright and in node:test', async ({ skip }) => {
  const shown = [...readFileSync('docs/isolation.md', 'utf8').matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```/gm)]
  const files = Object.fromEntries(shown.map(([, path, code]) => [path as string, code as string]))
  expect(Object.keys(files)).toEqual([
    'moorage.config.ts',
    'test/notes.test.ts',
    'pages/notes.spec.ts',
    'plain/notes.test.mjs',
  ])
  if (spawnSync('sh', ['-c', 'command -v redis-server']).status !== 0) skip('no redis-server to run as a plain process')
  const packages = {
    pg: `${installed}/pg`,
    vitest: `${installed}/vitest`,
    '@playwright/test': 'e2e/fixtures/playwright-latest/node_modules/@playwright/test',
  }
  using project = openProject({ fixture: 'isolation', packages, files })
  await using stage = await openStage(project.folder, 'process')
  const node = (...argv: string[]): readonly string[] => [process.execPath, ...argv]
  const runs: readonly (readonly [argv: readonly string[], said: RegExp])[] = [
    [node(join(project.folder, 'node_modules/vitest/vitest.mjs'), 'run'), /Tests +2 passed/],
    [node(join(project.folder, 'node_modules/@playwright/test/cli.js'), 'test'), /1 passed/],
    [[...moorage(project.folder, 'exec', '--'), ...node('--test', 'plain/notes.test.mjs')], /pass 1\b/],
  ]
  for (const [argv, said] of runs) {
    const child = await stage.start(argv, { CASE: 'test' })
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toMatch(said)
  }
  await stage.clean(2_000)
})
