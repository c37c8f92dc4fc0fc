import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readFileTrees } from '../../../packages/core/src/provider-kit/container-files.ts'

let base: string
beforeEach(() => void (base = mkdtempSync(join(tmpdir(), 'moorage-parcels-'))))
afterEach(() => rmSync(base, { recursive: true, force: true }))

const put = (path: string, content = path, mode = 0o600): void => {
  mkdirSync(dirname(join(base, path)), { recursive: true })
  writeFileSync(join(base, path), content, { mode })
}
const link = (path: string, target: string): void => {
  mkdirSync(dirname(join(base, path)), { recursive: true })
  symlinkSync(target, join(base, path))
}

/** Everything that is delivered: by its path, the octal mode, and the content or where a link leads. */
function delivered(source: string): { readonly [path: string]: string } {
  const [parcel] = readFileTrees({ '/there': { source: join(base, source) } })
  return Object.fromEntries(
    (parcel?.files ?? []).map(({ path, mode, link: target, content }) => [
      path,
      target === undefined ? `${mode.toString(8)} ${String(content())}` : `→ ${target}`,
    ]),
  )
}

test('files are readable for every user, and stay executable', () => {
  put('app/private.txt', 'text')
  put('app/bin/run', 'program', 0o700)
  expect(delivered('app')).toEqual({ 'private.txt': '644 text', 'bin/run': '755 program' })
})

test('a link within the folder stays one, also an absolute one, and one that leads nowhere', () => {
  put('app/tool/cli.js')
  link('app/.bin/tool', '../tool/cli.js')
  link('app/.bin/full', join(base, 'app/tool/cli.js'))
  link('app/broken', 'nowhere')
  expect(delivered('app')).toEqual({
    'tool/cli.js': '644 app/tool/cli.js',
    '.bin/tool': '→ ../tool/cli.js',
    '.bin/full': '→ ../tool/cli.js',
    broken: '→ nowhere',
  })
})

test('a link out of the folder is followed, with the links in its target', () => {
  put('shared/index.js')
  link('shared/main.js', 'index.js')
  put('note.txt')
  link('app/shared', '../shared')
  link('app/note.txt', '../note.txt')
  expect(delivered('app')).toEqual({
    'shared/index.js': '644 shared/index.js',
    'shared/main.js': '→ index.js',
    'note.txt': '644 note.txt',
  })
})

test('a named pipe is left out: reading it would wait for its writer', () => {
  put('app/a.txt')
  expect(spawnSync('mkfifo', [join(base, 'app', 'pipe')]).status).toBe(0)
  const [parcel] = readFileTrees({ '/there': { source: join(base, 'app') } })
  expect(parcel?.files.map(({ path }) => path)).toEqual(['a.txt'])
})

test('links in a circle end', () => {
  put('app/a.txt')
  link('app/up', '..')
  link('app/other', '../other')
  put('other/b.txt')
  link('other/back', '../app')
  const found = Object.entries(delivered('app'))
  expect(found.length).toBeLessThan(20)
  expect(found).toContainEqual(['other/b.txt', '644 other/b.txt'])
  expect(found).toContainEqual(['other/back', '→ ../app'])
})

test('a file alone, and text', () => {
  put('one.txt', 'one')
  const parcels = readFileTrees({ '/one': { source: join(base, 'one.txt') }, '/two': { content: 'two', mode: 0o755 } })
  expect(
    parcels.map(({ target, folder, bytes, files: [file] }) => ({
      target,
      folder,
      bytes,
      mode: file?.mode,
      text: String(file?.content()),
    })),
  ).toEqual([
    { target: '/one', folder: false, bytes: 3, mode: 0o644, text: 'one' },
    { target: '/two', folder: false, bytes: 3, mode: 0o755, text: 'two' },
  ])
})
