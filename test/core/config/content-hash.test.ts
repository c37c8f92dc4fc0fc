import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { hashOf } from '../../../packages/core/src/config/content-hash.ts'

let base: string
beforeEach(() => void (base = mkdtempSync(join(tmpdir(), 'moorage-hash-'))))
afterEach(() => rmSync(base, { recursive: true, force: true }))

/** The same small tree at another place. */
function tree(name: string): { readonly folder: string; hash(): string } {
  const folder = join(base, name)
  mkdirSync(join(folder, 'sub'), { recursive: true })
  writeFileSync(join(folder, 'schema.sql'), 'create table users ()')
  writeFileSync(join(folder, 'sub', 'run.sh'), 'echo')
  symlinkSync('schema.sql', join(folder, 'link'))
  return { folder, hash: () => hashOf({ seed: [{ $file: folder }] }) }
}

test('the same content in another folder has the same hash, whatever its times', () => {
  const [here, there] = [tree('here'), tree('there')]
  utimesSync(join(there.folder, 'schema.sql'), 1, 1)
  expect(there.hash()).toBe(here.hash())
  expect(hashOf({ $file: join(here.folder, 'schema.sql') })).toBe(hashOf({ $file: join(there.folder, 'schema.sql') }))
})

test.each<[string, (folder: string) => void]>([
  ['a changed content', (folder) => writeFileSync(join(folder, 'schema.sql'), 'create table people ()')],
  ['a changed content further down', (folder) => writeFileSync(join(folder, 'sub', 'run.sh'), 'exit')],
  ['one file more', (folder) => writeFileSync(join(folder, 'sub', 'more'), '')],
  [
    'another name',
    (folder) => (unlinkSync(join(folder, 'sub', 'run.sh')), writeFileSync(join(folder, 'sub', 'walk.sh'), 'echo')),
  ],
  ['the executable bit', (folder) => chmodSync(join(folder, 'sub', 'run.sh'), 0o755)],
  [
    'another target of a link',
    (folder) => (unlinkSync(join(folder, 'link')), symlinkSync('sub', join(folder, 'link'))),
  ],
  [
    'a file in the place of a link to it',
    (folder) => (unlinkSync(join(folder, 'link')), writeFileSync(join(folder, 'link'), 'create table users ()')),
  ],
])('another hash: %s', (_, change) => {
  const { folder, hash } = tree('here')
  const before = hash()
  change(folder)
  expect(hash()).not.toBe(before)
})

test('a link out of the folder is followed, and a circle of links ends', () => {
  const { folder, hash } = tree('here')
  symlinkSync('..', join(folder, 'up'))
  expect(hash()).toMatch(/^[0-9a-f]{64}$/)
})

test('a named pipe is not opened, which would wait for its writer', () => {
  const { folder, hash } = tree('here')
  const before = hash()
  expect(spawnSync('mkfifo', [join(folder, 'pipe')]).status).toBe(0)
  const module = new URL('../../../packages/core/src/config/content-hash.ts', import.meta.url).href
  const script = `const { hashOf } = await import(${JSON.stringify(module)}); console.log(hashOf({ seed: [{ $file: ${JSON.stringify(folder)} }] }))`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 10_000,
  })
  expect(stdout.trim()).toMatch(/^[0-9a-f]{64}$/)
  expect(stdout.trim()).not.toBe(before)
})

test('the order of keys does not count, the order of a list does', () => {
  expect(hashOf({ a: 1, b: { c: 2, d: 3 } })).toBe(hashOf({ b: { d: 3, c: 2 }, a: 1 }))
  expect(hashOf(['a', 'b'])).not.toBe(hashOf(['b', 'a']))
})

test('a text is not the number that it looks like', () => {
  expect(hashOf({ port: 1 })).not.toBe(hashOf({ port: '1' }))
})

test('a link that the config itself names stands for what is there', () => {
  const { folder } = tree('here')
  const link = join(base, 'seed')
  symlinkSync(join(folder, 'schema.sql'), link)
  const before = hashOf({ $file: link })
  expect(before).toBe(hashOf({ $file: join(folder, 'schema.sql') }))
  writeFileSync(join(folder, 'schema.sql'), 'create table people ()')
  expect(hashOf({ $file: link })).not.toBe(before)
})

test('a file larger than Node reads at once', () => {
  const file = join(base, 'large')
  writeFileSync(file, '')
  truncateSync(file, 2 ** 31 + 1)
  expect(hashOf({ $file: file })).toMatch(/^[0-9a-f]{64}$/)
}, 60_000)
