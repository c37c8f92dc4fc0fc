import { Readable } from 'node:stream'
import { packEntries, type FileTree, type PackEntry, type TarPack } from '@moorage/core/provider'
import { isWithin, type CreatedFolder } from './container/plan-folders.ts'

/** What a container gets before it starts. */
export interface Delivery {
  readonly fileTrees: readonly FileTree[]
  readonly folders: readonly CreatedFolder[]
  /** Folders that receive the files, each by its own archive. Default: the root. */
  readonly roots?: readonly string[]
}

/** The part of the `tar-stream` package that this provider uses. The SDK depends on it. */
export interface Tar {
  pack(): TarPack & AsyncIterable<Uint8Array>
}

/** The part of testcontainers' `GenericContainer` that takes files. */
interface FileReceiver {
  withCopyArchivesToContainer(archives: { readonly tar: Readable; readonly target: string }[]): unknown
}

/** Has the SDK extract the files into the container before it starts. Their content is read while it is sent. */
export function deliverFiles(container: FileReceiver, tar: Tar, delivery: Delivery): void {
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
      archives.map((part) => ({ tar: createArchive(tar, part), target: part.root })),
    )
}

function createArchive(
  tar: Tar,
  { root, fileTrees, folders }: { readonly root: string } & Pick<Delivery, 'fileTrees' | 'folders'>,
): Readable {
  const archive = tar.pack()
  const nameOf = (path: string): string => path.slice(root === '/' ? 1 : root.length + 1)
  packEntries(archive, entriesOf())
  return Readable.from(archive, { objectMode: false })

  function* entriesOf(): Generator<PackEntry> {
    for (const { path, ...folder } of folders) yield { ...folder, folder: true, name: `${nameOf(path) || '.'}/` }
    for (const { target, files } of fileTrees)
      for (const { path, ...file } of files) yield { ...file, name: nameOf(path ? `${target}/${path}` : target) }
  }
}
