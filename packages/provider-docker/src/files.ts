import type { Readable } from 'node:stream'
import type { FileTree } from '@moorage/core/provider'
import { isWithin, type CreatedFolder } from './container/folders.ts'

interface ArchiveEntry {
  readonly name: string
  readonly mode: number
  readonly type?: 'directory'
  readonly uid?: number
  readonly gid?: number
}

/** What a container gets before it starts. */
export interface Delivery {
  readonly fileTrees: readonly FileTree[]
  readonly folders: readonly CreatedFolder[]
  /** Folders that receive the files, each by its own archive. Default: the root. */
  readonly roots?: readonly string[]
}

/** The part of the SDK's `archiver` package that this provider uses. */
export interface Archiver {
  (format: 'tar'): Readable & {
    append(content: Buffer, entry: ArchiveEntry): void
    file(source: string, entry: { readonly name: string; readonly mode: number }): void
    symlink(name: string, target: string): void
    finalize(): Promise<void>
  }
}

/** The part of testcontainers' `GenericContainer` that takes files. */
interface FileReceiver {
  withCopyArchivesToContainer(archives: { readonly tar: Readable; readonly target: string }[]): unknown
}

/** Has the SDK extract the files into the container before it starts. Their content is read while it is sent. */
export function deliverFiles(container: FileReceiver, archiver: Archiver, delivery: Delivery): void {
  const { roots = ['/'], fileTrees, folders } = delivery
  const archives = roots
    .map((root) => ({
      root,
      fileTrees: fileTrees.filter(({ target }) => isWithin(target, root)),
      folders: folders.filter(({ path }) => isWithin(path, root)),
    }))
    .filter((part) => part.fileTrees.length || part.folders.length)
  if (archives.length)
    container.withCopyArchivesToContainer(
      archives.map((part) => ({ tar: createArchive(archiver, part), target: part.root })),
    )
}

function createArchive(
  archiver: Archiver,
  { root, fileTrees, folders }: { readonly root: string } & Pick<Delivery, 'fileTrees' | 'folders'>,
): Readable {
  const archive = archiver('tar')
  const nameOf = (path: string): string => (root === '/' ? path : path.slice(root.length + 1))
  for (const { path, mode, uid, gid } of folders)
    archive.append(Buffer.alloc(0), { name: `${nameOf(path) || '.'}/`, type: 'directory', mode, uid, gid })
  for (const { target, files } of fileTrees) {
    for (const { path, mode, link, source, content } of files) {
      const name = nameOf(path ? `${target}/${path}` : target)
      if (link !== undefined) archive.symlink(name, link)
      else if (source === undefined) archive.append(content(), { name, mode })
      else archive.file(source, { name, mode })
    }
  }
  // The archive emits the same failure as a stream error.
  archive.finalize().catch(() => {})
  return archive
}
