import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { moorage, openStage } from '../harness/fixture.ts'
import { versions } from '../harness/playwright.ts'
import { openProject } from '../harness/project.ts'

const folder = 'e2e/fixtures/isolation'
const DONE = { code: 0, signal: null }

const noRedis =
  spawnSync('sh', ['-c', 'command -v redis-server']).status !== 0 && 'no redis-server to run as a plain process'
const drivers = Object.fromEntries(['pg', 'redis', 'mongodb'].map((name) => [name, `${folder}/node_modules/${name}`]))

describe.each(versions)('12: Playwright %s', (version) => {
  const packages = {
    ...drivers,
    '@playwright/test': `e2e/fixtures/playwright-${version}/node_modules/@playwright/test`,
  }

  test('a fixture for each service: a fresh database for each test, on three workers at once', async ({ skip }) => {
    if (noRedis) skip(noRedis)
    using project = openProject({ fixture: 'isolation', packages })
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(
      [process.execPath, join(project.folder, 'node_modules/@playwright/test/cli.js'), 'test'],
      { ISOLATE: 'test' },
    )
    expect(await child.ended, child.output()).toEqual(DONE)
    expect(child.output()).toContain('12 passed')
    await stage.clean(2_000)
  })

  test('--list starts nothing and knows the fixtures, wherever the config is named', async () => {
    using project = openProject({ fixture: 'isolation', packages })
    await using stage = await openStage('.', 'process')
    const entry = [process.execPath, join(project.folder, 'node_modules/@playwright/test/cli.js'), 'test', '--list']
    for (const named of [['--config', join(project.folder, 'playwright.config.ts')], [`--config=${project.folder}`]]) {
      const child = await stage.start([...entry, ...named])
      expect(await child.ended, child.output()).toEqual(DONE)
      expect(child.output()).toContain('Total: 12 tests in 1 file')
      expect(child.output()).not.toContain('moorage: ')
    }
    await stage.clean(1_000)
  })
})

test('12: any runner, here node:test below `moorage exec`: isolated() gives a fresh database at every call', async () => {
  await using stage = await openStage(folder, 'process')
  const child = await stage.start(
    [...moorage(folder, 'exec', '--'), process.execPath, '--test', 'plain/more.test.mjs', 'plain/notes.test.mjs'],
    { SERVICES: 'db', ISOLATE: 'test' },
  )
  expect(await child.ended, child.output()).toEqual(DONE)
  expect(child.output()).toMatch(/pass 6/)
  await stage.clean(2_000)
})

test('a database that the user has given is passed through by services(), and never isolated', async () => {
  await using stage = await openStage(folder, 'process')
  const outer = moorage(folder, 'exec', '--')
  // The given one: started by an outer run, of another service's name.
  const script = `import { isolated, services } from 'moorage/test'
console.log('SHARED ' + (services().db.url === process.env.GIVEN))
await isolated('db').catch(({ message }) => console.log(message))`
  const given = `const { DB_URL } = process.env; const { spawnSync } = await import('node:child_process')
const { MOORAGE: _, ...env } = process.env
const { stdout, stderr } = spawnSync(process.execPath, ${JSON.stringify([...outer.slice(1), process.execPath, '--input-type=module', '-e', script])}, { encoding: 'utf8', env: { ...env, ISOLATE: 'test', GIVEN: DB_URL } })
console.log(stdout, stderr)`
  const child = await stage.start([...outer, process.execPath, '--input-type=module', '-e', given], {
    SERVICES: 'db',
    ISOLATE: 'false',
  })
  expect(await child.ended, child.output()).toEqual(DONE)
  expect(child.output()).toContain('SHARED true')
  expect(child.output()).toContain(
    "isolated('db'): DB_URL is set, and moorage never seeds, resets or drops a database that you supply.\n",
  )
  await stage.clean(2_000)
})
