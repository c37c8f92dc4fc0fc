import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { missingChromium } from '../harness/chromium.ts'
import { missing, providers } from '../harness/engine.ts'
import { jest, moorage, openStage, playwright, vitest } from '../harness/fixture.ts'

const lacks = (program: string): boolean => spawnSync('sh', ['-c', `command -v ${program}`]).status !== 0

// Debian's, with its own drivers: another Python on the PATH does not have them.
const PYTEST = '/usr/bin/pytest-3'

function pytest(folder: string): readonly string[] {
  return moorage(folder, 'exec', '--', 'env', 'PYTHONDONTWRITEBYTECODE=1', PYTEST, '-p', 'no:cacheprovider')
}

function nodeTest(folder: string): readonly string[] {
  return moorage(folder, 'exec', '--', process.execPath, '--test', 'test/notes.test.ts')
}

// What a plain process needs beside npm packages.
const examples: readonly {
  readonly name: string
  readonly programs: readonly string[]
  readonly pages?: boolean
  readonly runner?: typeof jest
  /** What the runner prints at a success. Default: that of Vitest and Jest. */
  readonly passed?: RegExp
}[] = [
  { name: 'demo', programs: [] },
  // In CommonJS, with databases that are isolated.
  { name: 'jest', programs: [], runner: jest },
  { name: 'fullstack', programs: ['mongod'], pages: true },
  { name: 'node-test', programs: [], runner: nodeTest, passed: /^. pass 2$/m },
  { name: 'pytest', programs: [PYTEST, 'mongod'], runner: pytest, passed: /2 passed/ },
  { name: 'vitest-mongodb', programs: ['mongod'] },
  { name: 'vitest-postgres-redis', programs: ['redis-server'] },
]

describe.each(providers())('on %s, its tests unchanged', (provider) => {
  test.for(examples)('example $name', async (example, { skip }) => {
    const { name, programs, pages, runner = vitest, passed = /Tests:? +\d+ passed/ } = example
    const absent = missing(provider) ?? (provider === 'process' && programs.find(lacks))
    if (absent) skip(provider === 'process' ? `no ${absent} to run as a plain process` : absent)
    const unseen = pages ? missingChromium() : undefined
    if (unseen) skip(unseen)
    const folder = `examples/${name}`
    if (name === 'demo')
      spawnSync(process.execPath, ['build.mjs'], { cwd: folder, env: { ...process.env, DEMO_NONCE: 'e2e' } })
    await using stage = await openStage(folder, provider)
    const child = await stage.start(runner(folder), { DEMO_NONCE: 'e2e' })
    const end = await child.ended
    expect(child.output()).toMatch(passed)
    expect(end, child.output()).toEqual({ code: 0, signal: null })
    await stage.clean(2_000)
    if (provider === 'docker') {
      // Services that stay have the data of the runs before.
      for (const argv of [moorage(folder, 'up'), runner(folder), runner(folder), moorage(folder, 'down')]) {
        const again = await stage.start(argv, { DEMO_NONCE: 'e2e' })
        expect(await again.ended, again.output()).toEqual({ code: 0, signal: null })
      }
      await stage.clean(2_000)
    }
    if (!pages) return
    const browser = await stage.start(playwright(folder))
    expect(await browser.ended, browser.output()).toEqual({ code: 0, signal: null })
    expect(browser.output()).toMatch(/1 passed/)
    await stage.clean(2_000)
  })
})
