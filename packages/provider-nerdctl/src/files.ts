import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { FileTree } from '@moorage/core/provider'
import { expectSuccess, type Nerdctl } from './engine/nerdctl.ts'

/**
 * Copies files into a container before it starts. nerdctl copies a folder by tar, so one folder with the shape of the
 * container's root takes all files, and their folders merge into those of the image.
 */
export async function deliverFiles(nerdctl: Nerdctl, name: string, trees: readonly FileTree[]): Promise<void> {
  if (!trees.length) return
  const folder = mkdtempSync(join(tmpdir(), 'moorage-files-'))
  try {
    for (const { target, files, folder: isFolder } of trees) {
      if (isFolder) mkdirSync(join(folder, target), { recursive: true })
      for (const { path, mode, link, source, content } of files) {
        const file = join(folder, target, path)
        mkdirSync(dirname(file), { recursive: true })
        if (link !== undefined) symlinkSync(link, file)
        else {
          if (source === undefined) writeFileSync(file, content())
          else copyFileSync(source, file)
          chmodSync(file, mode)
        }
      }
    }
    // tar otherwise gives the image's folders the mode and the owner of these.
    const env = { TAR_OPTIONS: '--no-overwrite-dir' }
    await expectSuccess(nerdctl, ['cp', `${folder}/.`, `${name}:/`], { env })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
