import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { cacheFolder, shortHash, supervisorPaths, runFolder } from '../../../packages/core/src/protocol/paths.ts'
import { thrownMessage } from '../../thrown-error.ts'

let base: string
beforeEach(() => void (base = mkdtempSync(join(tmpdir(), 'moorage-place-'))))
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(base, { recursive: true, force: true })
})

test('the one documented folder', () => {
  expect(cacheFolder({ MOORAGE_CACHE_DIR: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a')
  expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe('/b/moorage')
  expect(cacheFolder({ MOORAGE_CACHE_DIR: 'a' })).toBe(join(process.cwd(), 'a'))
})

test('sockets lie in it, for us alone', () => {
  const folder = runFolder({ MOORAGE_CACHE_DIR: base })
  expect(folder).toBe(join(base, 'run'))
  expect(statSync(folder).mode & 0o777).toBe(0o700)
  chmodSync(folder, 0o755)
  expect(statSync(runFolder({ MOORAGE_CACHE_DIR: base })).mode & 0o777).toBe(0o700)
})

test('every socket in it has a path that a socket can have', () => {
  const most = 107 - '/0123456789abcdef.journal'.length
  const cache = (length: number): string => {
    const path = join(base, 'x'.repeat(length - '/run'.length - base.length - 1))
    mkdirSync(path, { recursive: true })
    return path
  }
  const fits = cache(most)
  expect(runFolder({ MOORAGE_CACHE_DIR: fits })).toBe(join(fits, 'run'))
  expect(supervisorPaths('0123456789abcdef', join(fits, 'run')).socket.length).toBeLessThanOrEqual(107)
  expect(runFolder({ MOORAGE_CACHE_DIR: cache(most + 1) })).toBe(join(tmpdir(), `moorage-${process.getuid?.()}`))
})

test.each<[string, (path: string) => void]>([
  ['a file', (path) => writeFileSync(path, '')],
  ['a link', (path) => symlinkSync(base, path)],
])('%s in its place: the next choice', (_what, make) => {
  make(join(base, 'run'))
  expect(runFolder({ MOORAGE_CACHE_DIR: base })).toBe(join(tmpdir(), `moorage-${process.getuid?.()}`))
})

test('where the temporary folder is too long as well: /tmp', () => {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = join(base, 'x'.repeat(120))
  try {
    writeFileSync(join(base, 'run'), '')
    expect(runFolder({ MOORAGE_CACHE_DIR: base })).toBe(`/tmp/moorage-${process.getuid?.()}`)
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
})

test('an identity: the same for the same parts, another for parts that only read alike', () => {
  expect(shortHash(['a', 'b'])).toMatch(/^[0-9a-f]{16}$/)
  expect(shortHash(['a', 'b'])).toBe(shortHash(['a', 'b']))
  expect(shortHash(['ab', ''])).not.toBe(shortHash(['a', 'b']))
})

test('a cache folder that others may write to is refused as a whole', async () => {
  const cache = join(base, 'cache')
  mkdirSync(cache)
  chmodSync(cache, 0o777)
  expect(await thrownMessage(() => runFolder({ MOORAGE_CACHE_DIR: cache }))).toBe(
    `SUPERVISOR_FAILED\nThe cache folder ${cache} is writable by other users. Other users could replace the programs in it.\nSet MOORAGE_CACHE_DIR to a folder that belongs to you and that only you may write to.`,
  )
  expect(readdirSync(cache)).toEqual([])
})

test.runIf(process.getuid?.() === 0)('a cache folder of another user is refused as a whole', async () => {
  const cache = join(base, 'cache')
  mkdirSync(cache)
  chownSync(cache, 65_534, 65_534)
  expect(await thrownMessage(() => runFolder({ MOORAGE_CACHE_DIR: cache }))).toBe(
    `SUPERVISOR_FAILED\nThe cache folder ${cache} belongs to another user (uid 65534). Other users could replace the programs in it.\nSet MOORAGE_CACHE_DIR to a folder that belongs to you and that only you may write to.`,
  )
  expect(readdirSync(cache)).toEqual([])
})

test.runIf(process.getuid?.() === 0)('a cache folder that is a link of another user is refused', async () => {
  mkdirSync(join(base, 'mine'))
  const cache = join(base, 'cache')
  symlinkSync(join(base, 'mine'), cache)
  expect(runFolder({ MOORAGE_CACHE_DIR: cache })).toBe(join(cache, 'run'))
  lchownSync(cache, 65_534, 65_534)
  expect(await thrownMessage(() => runFolder({ MOORAGE_CACHE_DIR: cache }))).toBe(
    `SUPERVISOR_FAILED\nThe cache folder ${cache} is a link of another user (uid 65534). Other users could replace the programs in it.\nSet MOORAGE_CACHE_DIR to a folder that belongs to you and that only you may write to.`,
  )
})

test('a folder of journals that others could write to is used if all files in it are ours', () => {
  mkdirSync(join(base, 'run'))
  writeFileSync(join(base, 'run', 'a.journal'), '')
  chmodSync(join(base, 'run'), 0o1777)
  expect(runFolder({ MOORAGE_CACHE_DIR: base })).toBe(join(base, 'run'))
  expect(statSync(join(base, 'run')).mode & 0o7777).toBe(0o700)
})

test.runIf(process.getuid?.() === 0)('a folder of journals with one of another user: the next choice', () => {
  mkdirSync(join(base, 'run'))
  writeFileSync(join(base, 'run', 'a.journal'), '')
  chownSync(join(base, 'run', 'a.journal'), 65_534, 65_534)
  chmodSync(join(base, 'run'), 0o1777)
  expect(runFolder({ MOORAGE_CACHE_DIR: base })).toBe(join(tmpdir(), `moorage-${process.getuid?.()}`))
})

test.runIf(process.getuid?.() === 0)('the home of another user, as under sudo, is left alone', () => {
  const home = join(base, 'home')
  mkdirSync(home)
  chownSync(home, 65_534, 65_534)
  vi.stubEnv('HOME', home)
  expect(cacheFolder({})).toBe(join(tmpdir(), `moorage-${process.getuid?.()}`))
})

// Where the home folder cannot be written.
const temporary = join(tmpdir(), `moorage-${process.getuid?.()}`)

test.each<[string, () => string]>([
  ['the root of the file system', () => '/'],
  ['a file', () => (writeFileSync(join(base, 'home'), ''), join(base, 'home'))],
  ['below a file', () => (writeFileSync(join(base, 'home'), ''), join(base, 'home', 'me'))],
])('HOME is %s: caches and sockets have one folder among the temporary files', (_what, home) => {
  vi.stubEnv('HOME', home())
  expect(cacheFolder({})).toBe(temporary)
  expect(runFolder({})).toBe(join(temporary, 'run'))
})

test('HOME does not exist yet: it is created', () => {
  vi.stubEnv('HOME', join(base, 'new', 'home'))
  expect(runFolder({})).toBe(join(base, 'new', 'home', '.cache', 'moorage', 'run'))
})

test('no HOME, and no name of the user in /etc/passwd', async () => {
  vi.doMock('node:os', async (original) => ({
    ...(await original<typeof import('node:os')>()),
    homedir: () => {
      throw new RangeError('uv_os_homedir returned ENOENT')
    },
  }))
  vi.resetModules()
  const paths = await import('../../../packages/core/src/protocol/paths.ts')
  vi.doUnmock('node:os')
  expect(paths.cacheFolder({})).toBe(temporary)
})

test('a relative TMPDIR is relative to the folder that the user works in', () => {
  vi.stubEnv('HOME', '/')
  vi.stubEnv('TMPDIR', 'tmp')
  expect(cacheFolder({})).toBe(resolve('tmp', `moorage-${process.getuid?.()}`))
})

test('a cache folder of the user that cannot be written is an error', async () => {
  writeFileSync(join(base, 'file'), '')
  expect(await thrownMessage(() => runFolder({ MOORAGE_CACHE_DIR: join(base, 'file', 'cache') }))).toBe(
    `SUPERVISOR_FAILED\nThe cache folder ${base}/file/cache cannot be written (ENOTDIR).\nSet MOORAGE_CACHE_DIR to a folder that you may write to.`,
  )
})
