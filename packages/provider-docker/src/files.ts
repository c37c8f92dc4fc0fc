import type { Readable } from 'node:stream'
import type { FileTree } from '@moorage/core'

/** The part that is used of the archiver that the SDK brings. */
export interface Archiver {
  (format: 'tar'): Readable & {
    append(content: Buffer, entry: { readonly name: string; readonly mode: number }): void
    file(source: string, entry: { readonly name: string; readonly mode: number }): void
    symlink(name: string, target: string): void
    finalize(): Promise<void>
  }
}

/** Everything that is delivered to a container, by its path there; read as it is sent. */
export function archiveOf(archiver: Archiver, parcels: readonly FileTree[]): Readable {
  const archive = archiver('tar')
  for (const { target, files } of parcels) {
    for (const { path, mode, link, source, content } of files) {
      const name = path ? `${target}/${path}` : target
      if (link !== undefined) archive.symlink(name, link)
      else if (source === undefined) archive.append(content(), { name, mode })
      else archive.file(source, { name, mode })
    }
  }
  // Its failure is the stream's.
  archive.finalize().catch(() => {})
  return archive
}
