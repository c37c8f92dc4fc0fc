import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createPlan, type Plan } from '../../../packages/core/src/config/plan.ts'
import { container, defineConfig, npmServer, redis } from '../../../packages/moorage/src/index.ts'

let root: string
beforeEach(() => void (root = mkdtempSync(join(tmpdir(), 'moorage-inputs-'))))
afterEach(() => rmSync(root, { recursive: true, force: true }))

function write(name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true })
  writeFileSync(join(root, name), text)
}

const seeded = (): Plan => createPlan(defineConfig({ root, services: { db: redis({ seed: './seed.ts' }) } }), {})
const server = (files?: readonly string[]): Plan =>
  createPlan(defineConfig({ root, services: { api: npmServer({ cwd: 'api', ...(files ? { files } : {}) }) } }), {})

function writeSeed(): void {
  write(
    'seed.ts',
    `import { rows } from './lib/rows.js'
import '@acme/schema'
import 'installed'
import { readFileSync, readdirSync } from 'node:fs'
const text = readFileSync(new URL('./data/users.json', import.meta.url))
const migrations = readdirSync(new URL('./migrations', import.meta.url))
const lazy = () => import("./lib/lazy")
const all = '../'`,
  )
  write('lib/rows.ts', "export { rows } from './deep/more.ts'")
  write('lib/deep/more.ts', "import '../rows.ts'\nexport const rows = []")
  write('lib/lazy.ts', '')
  write('data/users.json', '[]')
  write('migrations/1.sql', 'select 1')
  write('packages/schema/package.json', '{"name":"@acme/schema","main":"index.js"}')
  write('packages/schema/index.js', '')
  write('node_modules/installed/package.json', '{"name":"installed","version":"1.0.0","main":"index.js"}')
  write('node_modules/installed/index.js', '')
  mkdirSync(join(root, 'node_modules/@acme'))
  symlinkSync('../../packages/schema', join(root, 'node_modules/@acme/schema'))
}

test('the inputs of a seed, by name', () => {
  writeSeed()
  expect(Object.keys(seeded().services['db']?.inputs ?? {}).toSorted()).toEqual([
    'data/users.json',
    'lib/deep/more.ts',
    'lib/lazy.ts',
    'lib/rows.ts',
    'migrations',
    'node_modules/installed/package.json',
    'options',
    'packages/schema/index.js',
    'packages/schema/package.json',
    'seed.ts',
  ])
})

test.each<[what: string, file: string, text: string]>([
  ['the seed', 'seed.ts', 'export const seed = 1'],
  ['a module that it imports', 'lib/rows.ts', 'export const rows = [1]'],
  ['a module further down', 'lib/deep/more.ts', 'export const rows = [1]'],
  ['a module that it imports later', 'lib/lazy.ts', 'export const x = 1'],
  ['a file that it reads', 'data/users.json', '[1]'],
  ['a file in a folder that it reads', 'migrations/2.sql', 'select 2'],
  ['a package of the workspace', 'packages/schema/index.js', 'export const x = 1'],
  ['the version of a package', 'node_modules/installed/package.json', '{"name":"installed","version":"1.0.1"}'],
])('another hash: %s of the seed has changed', (_what, file, text) => {
  writeSeed()
  const before = seeded()
  write(file, text)
  expect(seeded().hash).not.toBe(before.hash)
  expect(seeded().services['db']?.hash).not.toBe(before.services['db']?.hash)
})

test('the same hash: what the seed does not use', () => {
  writeSeed()
  const before = seeded().hash
  write('lib/other.ts', 'export const x = 1')
  write('node_modules/installed/index.js', 'export const x = 1')
  expect(seeded().hash).toBe(before)
})

test.each(['start', 'prestart', 'poststart'])('another hash: the npm script %s has changed', (script) => {
  const manifest = (scripts: object): void =>
    write('api/package.json', JSON.stringify({ scripts: { start: 'node a', ...scripts } }))
  manifest({})
  const before = server()
  manifest({ dev: 'node b' })
  expect(server().hash).toBe(before.hash)
  manifest({ [script]: 'node c' })
  expect(server().hash).not.toBe(before.hash)
})

test("another hash: a file of the npm server's code, if `files` names it", () => {
  write('api/package.json', '{"scripts":{"start":"node src"}}')
  write('api/src/index.js', '1')
  const [before, named] = [server(), server(['api/src'])]
  write('api/src/index.js', '2')
  expect(server().hash).toBe(before.hash)
  expect(server(['api/src']).hash).not.toBe(named.hash)
  expect(() => server(['api/scr'])).toThrow(`services.api.files: ${join(root, 'api/scr')} does not exist.`)
})

test('another hash: what a link leads to, out of a folder that is copied', () => {
  write('app/index.html', 'a')
  write('shared/a.txt', '1')
  symlinkSync('../shared', join(root, 'app/shared'))
  symlinkSync('..', join(root, 'shared/up'))
  const plan = (): Plan =>
    createPlan(
      defineConfig({ root, services: { web: container({ image: 'x', ports: {}, files: { '/srv': './app' } }) } }),
      {},
    )
  const before = plan().hash
  expect(plan().hash).toBe(before)
  write('shared/a.txt', '2')
  expect(plan().hash).not.toBe(before)
})
