import { chmodSync, existsSync, lstatSync, readdirSync, statSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diffText } from '../../../packages/cli/src/init/write/diff-text.ts'
import { writeChanges } from '../../../packages/cli/src/init/write/write-changes.ts'
import { projectFolder } from './project-folder.ts'

test('files are created with their folders; others keep their mode, and links stay links', () => {
  using folder = projectFolder({ 'run.sh': 'old', 'real/config.ts': 'old' })
  chmodSync(join(folder.path, 'run.sh'), 0o755)
  symlinkSync('real/config.ts', join(folder.path, 'config.ts'))
  writeChanges([
    { path: join(folder.path, 'a/b/new.yml'), before: undefined, after: 'new\n' },
    { path: join(folder.path, 'run.sh'), before: 'old', after: 'new' },
    { path: join(folder.path, 'config.ts'), before: 'old', after: 'new' },
  ])
  expect(['a/b/new.yml', 'run.sh', 'real/config.ts'].map(folder.read)).toEqual(['new\n', 'new', 'new'])
  expect(statSync(join(folder.path, 'run.sh')).mode & 0o777).toBe(0o755)
  expect(lstatSync(join(folder.path, 'config.ts')).isSymbolicLink()).toBe(true)
  expect(readdirSync(folder.path, { recursive: true }).toSorted()).toEqual([
    '.git',
    'a',
    'a/b',
    'a/b/new.yml',
    'config.ts',
    'real',
    'real/config.ts',
    'run.sh',
  ])
})

test('all or nothing: a file that cannot be written leaves the others as they were', () => {
  using folder = projectFolder({ 'package.json': 'old', test: 'a file, not a folder' })
  expect(() =>
    writeChanges([
      { path: join(folder.path, 'package.json'), before: 'old', after: 'new' },
      { path: join(folder.path, '.github/workflows/ci.yml'), before: undefined, after: 'new' },
      { path: join(folder.path, 'test/services.test.ts'), before: undefined, after: 'new' },
    ]),
  ).toThrow(
    `init: ${folder.path}/test/services.test.ts cannot be written: a file stands where a folder is needed (ENOTDIR).\nNothing was written. Rename ${folder.path}/test and run init again.`,
  )
  expect(folder.read('package.json')).toBe('old')
  expect(readdirSync(folder.path).toSorted()).toEqual(['.git', 'package.json', 'test'])
})

test('all or nothing: a file that cannot take its name brings back those before it', () => {
  using folder = projectFolder({ 'a.ts': 'old', 'folder/inside': '' })
  expect(() =>
    writeChanges([
      { path: join(folder.path, 'a.ts'), before: 'old', after: 'new' },
      { path: join(folder.path, 'b.ts'), before: undefined, after: 'new' },
      { path: join(folder.path, 'folder'), before: 'x', after: 'new' },
    ]),
  ).toThrow(/^init: .*\/folder cannot be written: /)
  expect(folder.read('a.ts')).toBe('old')
  expect(existsSync(join(folder.path, 'b.ts'))).toBe(false)
  expect(readdirSync(folder.path).toSorted()).toEqual(['.git', 'a.ts', 'folder'])
})

test('the diff is one that git and patch apply', () => {
  const change = { path: '/shop/a.ts', before: 'one\ntwo\n', after: 'one\n2\n' }
  expect(diffText(change, '/shop')).toBe('--- a/a.ts\n+++ b/a.ts\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n')
  expect(diffText({ ...change, before: undefined }, '/shop')).toBe(
    '--- /dev/null\n+++ b/a.ts\n@@ -0,0 +1,2 @@\n+one\n+2\n',
  )
})
