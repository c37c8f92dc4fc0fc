import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FileTree } from '@moorage/core/provider'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { deliverFiles, type Tar } from '../../packages/provider-docker/src/files.ts'

const require = createRequire(
  createRequire(join(process.cwd(), 'packages/moorage/package.json')).resolve('testcontainers'),
)
const tar = createRequire(require.resolve('archiver'))('tar-stream') as Tar
const MEBIBYTE = 1024 * 1024

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'moorage-files-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Reads the archive that a container gets. Returns its size, and by how much the memory of this process grew. */
async function archive(fileTrees: readonly FileTree[]): Promise<{ readonly bytes: number; readonly grownMiB: number }> {
  const before = process.memoryUsage().rss
  let greatest = before
  const archives: { readonly tar: Readable }[] = []
  deliverFiles({ withCopyArchivesToContainer: (list) => archives.push(...list) }, tar, { fileTrees, folders: [] })
  let bytes = 0
  for await (const chunk of archives[0]?.tar ?? []) {
    bytes += (chunk as Buffer).length
    greatest = Math.max(greatest, process.memoryUsage().rss)
  }
  return { bytes, grownMiB: (greatest - before) / MEBIBYTE }
}

interface Header {
  readonly name: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly type: string
  readonly linkname?: string
}

function tree(count: number, bytes: number): readonly FileTree[] {
  const source = join(folder, 'source')
  writeFileSync(source, '')
  truncateSync(source, bytes)
  const files = Array.from({ length: count }, (_, i) => ({
    path: `folder/file-${i}`,
    mode: 0o644,
    bytes,
    source,
    content: () => readFileSync(source),
  }))
  return [{ target: '/data', folder: true, files, bytes: count * bytes }]
}

test('a file of 200 MiB is not in memory while it is archived', async () => {
  const { bytes, grownMiB } = await archive(tree(1, 200 * MEBIBYTE))
  expect(bytes).toBeGreaterThan(200 * MEBIBYTE)
  expect(grownMiB).toBeLessThan(96)
})

test('100,000 small files are archived in bounded memory', { timeout: 30_000 }, async () => {
  const { bytes, grownMiB } = await archive(tree(100_000, 1_000))
  expect(bytes).toBeGreaterThan(100_000 * 1_536)
  expect(grownMiB).toBeLessThan(256)
})

test('the names and attributes of folders, files and links', async () => {
  const [{ files: [file] = [] } = {}] = tree(1, 3)
  const fileTrees = [
    {
      target: '/etc/app',
      folder: true,
      bytes: 3,
      files: [
        { ...file, path: 'a/b' },
        { path: 'l', mode: 0o777, bytes: 0, link: 'a/b', content: () => Buffer.alloc(0) },
      ],
    },
    { target: '/data/one', folder: false, bytes: 3, files: [{ ...file, path: '' }] },
  ] as FileTree[]
  const archives: { readonly tar: Readable; readonly target: string }[] = []
  const folders = [{ path: '/data', mode: 0o777, uid: 5, gid: 6 }]
  const receiver = { withCopyArchivesToContainer: (list: typeof archives) => archives.push(...list) }
  deliverFiles(receiver, tar, { fileTrees, folders })
  const extract = (
    createRequire(require.resolve('archiver'))('tar-stream') as { extract(): NodeJS.ReadWriteStream }
  ).extract()
  const headers: object[] = []
  extract.on('entry', ({ name, mode, uid, gid, type, linkname }: Header, stream: Readable, next: () => void) => {
    headers.push({ name, mode, uid, gid, type, ...(linkname ? { linkname } : {}) })
    stream.resume().on('end', next)
  })
  await pipeline(archives[0]?.tar as Readable, extract)
  const root = { uid: 0, gid: 0 }
  expect(headers).toEqual([
    { name: 'data/', mode: 0o777, uid: 5, gid: 6, type: 'directory' },
    { name: 'etc/app/a/b', mode: 0o644, ...root, type: 'file' },
    { name: 'etc/app/l', mode: 0o777, ...root, type: 'symlink', linkname: 'a/b' },
    { name: 'data/one', mode: 0o644, ...root, type: 'file' },
  ])
})
