import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import type { ContainerUnit } from '../contract/provider.ts'

/** One entry of a container's `files`: a file, or a folder with its contents. */
export interface FileTree {
  /** Absolute path in the container. */
  readonly target: string
  readonly folder: boolean
  readonly files: readonly FileTreeEntry[]
  readonly bytes: number
}

export interface FileTreeEntry {
  /** Relative to the target, separated by `/`. Empty if the target is a file. */
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  readonly bytes: number
  /** The target of a symbolic link. */
  readonly link?: string
  /** Path on this machine, free of symbolic links. Not set for a link, or for content from the config. */
  readonly source?: string
  content(): Buffer
}

type Files = NonNullable<ContainerUnit['files']>

/**
 * Reads the files and folders of this machine that a service's `files` name. A symbolic link that leads out of its
 * folder is replaced by its target, which would be missing in the container.
 */
export function readFileTrees(files: Files = {}): readonly FileTree[] {
  return Object.entries(files).map(([target, file]) => {
    if (!('source' in file)) {
      const content = Buffer.from(file.content)
      return {
        target,
        folder: false,
        files: [{ path: '', mode: file.mode ?? 0o644, bytes: content.length, content: () => content }],
        bytes: content.length,
      }
    }
    const folder = statSync(file.source).isDirectory()
    const entries = folder ? [...walkFolder(file.source, '')] : [fileEntry(realpathSync(file.source), '')]
    return { target, folder, files: entries, bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0) }
  })
}

// `roots` are the real paths of the folders that contain this one. A link into one of them stays a link.
function* walkFolder(
  root: string,
  path: string,
  roots: readonly string[] = [realpathSync(root)],
): Generator<FileTreeEntry> {
  for (const name of readdirSync(join(root, path)).toSorted()) {
    const relativePath = path ? `${path}/${name}` : name
    const source = join(root, relativePath)
    const isLink = lstatSync(source).isSymbolicLink()
    if (isLink && !leadsOut(source, roots))
      yield { path: relativePath, mode: 0o777, bytes: 0, link: linkTarget(source), content: () => Buffer.alloc(0) }
    else if (statSync(source).isDirectory())
      yield* walkFolder(root, relativePath, isLink ? [...roots, realpathSync(source)] : roots)
    // Pipes, sockets and devices are skipped, because opening one can block forever.
    else if (statSync(source).isFile()) yield fileEntry(isLink ? realpathSync(source) : source, relativePath)
  }
}

function leadsOut(link: string, roots: readonly string[]): boolean {
  if (!existsSync(link)) return false
  const real = realpathSync(link)
  return !roots.some((root) => real === root || real.startsWith(`${root}${sep}`))
}

/** Relative, so that it works in the container too. It stays a link, because a program may find its files by it. */
function linkTarget(link: string): string {
  const target = readlinkSync(link)
  return isAbsolute(target) ? relative(realpathSync(dirname(link)), target) : target
}

function fileEntry(source: string, path: string): FileTreeEntry {
  const { mode, size } = statSync(source)
  return { path, mode: mode & 0o111 ? 0o755 : 0o644, bytes: size, source, content: () => readFileSync(source) }
}
