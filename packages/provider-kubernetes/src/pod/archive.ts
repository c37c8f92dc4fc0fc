import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { FileTree, FileTreeEntry } from '@moorage/core/provider'
import type { Pack } from '../vendor/tar.ts'

/** The name of a tree that is a single file, below its folder in the archive. */
export const SINGLE_FILE_NAME = 'file'

// Below this size, reading a file whole is faster than a stream.
const MAX_WHOLE_FILE_BYTES = 64 * 1024

/**
 * A tar archive with each tree below a folder of its index. Files are read while the archive is read, so that no more
 * than a part of one is in memory.
 *
 * Reading it throws the error of a file that cannot be read, or that has changed its size since it was found.
 */
export async function createArchive(fileTrees: readonly FileTree[]): Promise<AsyncIterable<Uint8Array>> {
  const { pack } = await import('../vendor/tar.ts')
  const archive = pack()
  void writeEntries(archive, fileTrees).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  )
  return archive as AsyncIterable<Uint8Array>
}

async function writeEntries(archive: Pack, fileTrees: readonly FileTree[]): Promise<void> {
  for (const [i, { files }] of fileTrees.entries()) {
    for (const file of files) await writeEntry(archive, `${i}/${file.path || SINGLE_FILE_NAME}`, file)
  }
}

/** Resolves when the reader has taken the entry. */
async function writeEntry(archive: Pack, name: string, file: FileTreeEntry): Promise<void> {
  const { mode, bytes, link, source } = file
  const written = Promise.withResolvers<void>()
  const onWritten = (error?: Error | null): void => (error ? written.reject(error) : written.resolve())
  if (link !== undefined) archive.entry({ name, mode, type: 'symlink', linkname: link }, onWritten)
  else if (source !== undefined && bytes > MAX_WHOLE_FILE_BYTES) {
    const entry = archive.entry({ name, mode, size: bytes }, onWritten)
    await Promise.all([pipeline(createReadStream(source), entry), written.promise])
  } else archive.entry({ name, mode }, file.content(), onWritten)
  await written.promise
}
