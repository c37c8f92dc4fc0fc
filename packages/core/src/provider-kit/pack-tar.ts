import { createReadStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { FileTreeEntry } from './container-files.ts'

interface TarHeader {
  readonly name: string
  readonly mode: number
  readonly size?: number
  readonly type?: 'directory' | 'symlink'
  readonly linkname?: string
  readonly uid?: number
  readonly gid?: number
}

type OnWritten = (error?: Error | null) => void

/** The used part of a tar archive that is being written. Source: tar-stream, README, "Packing". */
export interface TarPack {
  entry(header: TarHeader, onWritten: OnWritten): Writable
  entry(header: TarHeader, content: Buffer | undefined, onWritten: OnWritten): unknown
  finalize(): void
  destroy(error: Error): void
}

/** A file, a link or a folder of an archive, with its name there. */
export type PackEntry =
  | ({ readonly name: string } & Omit<FileTreeEntry, 'path'>)
  | {
      readonly name: string
      readonly folder: true
      readonly mode: number
      readonly uid?: number
      readonly gid?: number
    }

// Below this size, reading a file whole is faster than a stream.
const MAX_WHOLE_FILE_BYTES = 64 * 1024

/**
 * Writes entries into an archive, one after another, as fast as the archive is read: no more than a part of one file is
 * in memory. The archive fails with the error of a file that cannot be read, or has changed its size since it was
 * found.
 */
export function packEntries(archive: TarPack, entries: Iterable<PackEntry>): void {
  void writeEntries(archive, entries).then(
    () => archive.finalize(),
    (error: Error) => archive.destroy(error),
  )
}

async function writeEntries(archive: TarPack, entries: Iterable<PackEntry>): Promise<void> {
  for (const entry of entries) await writeEntry(archive, entry)
}

/** Resolves when the reader has taken the entry. */
async function writeEntry(archive: TarPack, entry: PackEntry): Promise<void> {
  const written = Promise.withResolvers<void>()
  const onWritten: OnWritten = (error) => (error ? written.reject(error) : written.resolve())
  if ('folder' in entry) {
    const { folder: _, ...header } = entry
    archive.entry({ ...header, type: 'directory' }, undefined, onWritten)
    return await written.promise
  }
  const { name, mode, bytes, link, source } = entry
  if (link !== undefined) archive.entry({ name, mode, type: 'symlink', linkname: link }, undefined, onWritten)
  else if (source !== undefined && bytes > MAX_WHOLE_FILE_BYTES) {
    const file = archive.entry({ name, mode, size: bytes }, onWritten)
    await Promise.all([pipeline(createReadStream(source), file), written.promise])
  } else archive.entry({ name, mode }, entry.content(), onWritten)
  await written.promise
}
