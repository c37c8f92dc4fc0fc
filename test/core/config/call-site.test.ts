import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'moorage-site-')))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const MOORAGE = JSON.stringify(resolve('packages/moorage/src/index.ts'))

/** Runs a script in a Node of its own, whose stack shows files as users' projects do. */
function run(folder: string, script: string): string {
  mkdirSync(join(root, folder), { recursive: true })
  const file = join(root, folder, 'moorage.config.ts')
  writeFileSync(file, `import { defineConfig, redis, npmServer } from ${MOORAGE}\n${script}\n`)
  return execFileSync(process.execPath, [file], { encoding: 'utf8', cwd: '/' }).trim()
}

test.each([
  'a (b)/x',
  '(a)',
  'with space',
  'packages/core/src',
  'packages/moorage/dist',
  'moorage/src',
  'ünï',
  'a:1:2/b',
])('the folder of a config in %s', (folder) => {
  expect(run(folder, 'console.log(defineConfig({ services: { db: redis() } }).root)')).toBe(join(root, folder))
})

test('the folder of a config, where the project has set the depth of stacks to 0', () => {
  const script =
    'Error.stackTraceLimit = 0\nconsole.log(defineConfig({ services: { db: redis() } }).root, Error.stackTraceLimit)'
  expect(run('shallow', script)).toBe(`${join(root, 'shallow')} 0`)
})

test('the place of a preset whose service is not in the config', () => {
  const script =
    'const db = redis()\ntry { defineConfig({ services: { api: npmServer({ env: { X: db.url } }) } }) } catch (error) { console.log(error.message) }'
  expect(run('packages/services/src (1)', script)).toBe(
    `services.api.env.X uses redis().url (created at file://${join(root, 'packages/services/src%20(1)')}/moorage.config.ts:2:12), but that service is not in the config.\nAdd it to services, which has api.`,
  )
})
