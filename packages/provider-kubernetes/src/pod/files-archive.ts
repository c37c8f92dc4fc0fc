import { packEntries, type FileTree, type PackEntry, type TarPack } from '@moorage/core/provider'

/** The name of a tree that is a single file, below its folder in the archive. */
export const SINGLE_FILE_NAME = 'file'

/**
 * A tar archive with each tree below a folder of its index. Files are read while the archive is read.
 *
 * Reading it throws the error of a file that cannot be read, or that has changed its size since it was found.
 */
export async function createArchive(fileTrees: readonly FileTree[]): Promise<AsyncIterable<Uint8Array>> {
  const { pack } = await import('../vendor/tar.ts')
  const archive = pack()
  packEntries(archive as unknown as TarPack, entriesOf(fileTrees))
  return archive as AsyncIterable<Uint8Array>
}

function* entriesOf(fileTrees: readonly FileTree[]): Generator<PackEntry> {
  for (const [i, { files }] of fileTrees.entries())
    for (const file of files) yield { ...file, name: `${i}/${file.path || SINGLE_FILE_NAME}` }
}
