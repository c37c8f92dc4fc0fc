import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readFileTrees } from '@moorage/core/provider'
import { createArchive } from '../../packages/provider-kubernetes/src/pod/files-archive.ts'
import { canMountFiles, deliverFiles, mountFiles } from '../../packages/provider-kubernetes/src/files.ts'
import { podContainers, type InitStep } from '../../packages/provider-kubernetes/src/pod/preparing-container.ts'

let folder: string
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'moorage-files-'))))
afterEach(() => rmSync(folder, { recursive: true }))

interface Containers {
  readonly initContainers: readonly [{ readonly command: readonly string[] }]
}

const trees = (): ReturnType<typeof readFileTrees> => readFileTrees({ '/data': { source: folder } })

test('20,000 small files are sent, because naming them would take a manifest of 1.9 MB', () => {
  const files = Array.from({ length: 20_000 }, (_, i) => ({
    path: `${i % 20}/${i}`,
    mode: 0o644,
    bytes: 1,
    content: () => Buffer.from('x'),
  }))
  const delivery = deliverFiles([{ target: '/data', folder: true, files, bytes: 20_000 }], 'db')
  expect(delivery.send).toBeDefined()
  expect(delivery.secrets).toEqual([])
  expect(JSON.stringify([delivery.volumes, delivery.mounts]).length).toBeLessThan(1_000)
})

test('a few hundred files fit into a manifest', () => {
  for (let i = 0; i < 300; i++) writeFileSync(join(folder, `file-${i}`), 'x')
  const { send, volumes } = deliverFiles(trees(), 'db')
  expect(send).toBeUndefined()
  expect(JSON.stringify(volumes).length).toBeLessThan(64_000)
})

test('a large file is not in memory while it is archived', async () => {
  const size = 256 * 1024 * 1024
  writeFileSync(join(folder, 'large'), '')
  truncateSync(join(folder, 'large'), size)
  let bytes = 0
  const before = process.memoryUsage().rss
  let greatest = before
  for await (const chunk of await createArchive(trees())) {
    bytes += chunk.length
    greatest = Math.max(greatest, process.memoryUsage().rss)
  }
  expect(bytes).toBeGreaterThan(size)
  expect((greatest - before) / 1024 / 1024).toBeLessThan(96)
})

test('an archive that is not read opens no further file', async () => {
  for (let i = 0; i < 200; i++) writeFileSync(join(folder, `${i}`), 'x'.repeat(1_000))
  let read = 0
  const [tree] = trees()
  const files = tree?.files.map((file) => ({
    ...file,
    content: () => {
      read++
      return file.content()
    },
  }))
  const archive = (await createArchive([{ ...tree, files } as NonNullable<typeof tree>]))[Symbol.asyncIterator]()
  await archive.next()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(read).toBeLessThan(100)
  await archive.return?.()
})

test('a file that is gone fails the archive by name', async () => {
  writeFileSync(join(folder, 'large'), 'x'.repeat(100_000))
  const found = trees()
  rmSync(join(folder, 'large'))
  const archive = await createArchive(found)
  await expect(Readable.from(archive).toArray()).rejects.toThrow(/ENOENT: no such file or directory, open '.*large'/)
})

test('a folder for the top of the image becomes one for each of its entries, since nothing can be mounted there', () => {
  const content = { mode: 0o644, bytes: 1, content: () => Buffer.from('x') }
  const files = [
    { path: 'etc/app/a', ...content },
    { path: 'etc/b', ...content },
    { path: 'start.sh', ...content },
  ]
  const { mounts } = deliverFiles([{ target: '/', folder: true, files, bytes: 3 }], 'db')
  expect(mounts).toEqual([
    { name: 'files', mountPath: '/etc', subPath: '0' },
    { name: 'files', mountPath: '/start.sh', subPath: '1/file' },
  ])
})

test('a folder whose name has quotes, spaces and dollars is one word of the script', () => {
  const { initStep } = deliverFiles([{ target: "/it's $(HOME)", folder: true, files: [], bytes: 0 }], 'db')
  const { initContainers } = podContainers({}, [initStep as InitStep], 'before') as Containers
  const { command } = initContainers[0]
  // Kubernetes expands `$(HOME)`, and reads `$$` as `$`.
  expect(command[2]).toContain(String.raw`[ ! -d '/it'\''s $$(HOME)' ] || cp -a '/it'\''s $$(HOME)/.'`)
})

test('for an image without a shell each file is a mount of its own, which hides nothing', () => {
  for (const name of ['a', 'b']) writeFileSync(join(folder, name), name)
  expect(canMountFiles(trees())).toBe(true)
  const { mounts, initStep } = mountFiles(trees(), 'db')
  expect(initStep).toBeUndefined()
  expect(mounts.map(({ mountPath }) => mountPath)).toEqual(['/data/a', '/data/b'])
})
