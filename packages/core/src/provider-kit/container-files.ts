import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, sep } from 'node:path'
import type { ContainerUnit } from '../contract/provider.ts'

/** One thing to deliver: a file, or a folder with everything in it. */
export interface FileTree {
  /** Path in the container. */
  readonly target: string
  readonly folder: boolean
  readonly files: readonly FileTreeEntry[]
  readonly bytes: number
}

export interface FileTreeEntry {
  /** Empty for a file that is delivered alone. */
  readonly path: string
  readonly mode: number
  readonly bytes: number
  /** Of a link: where it leads. */
  readonly link?: string
  /** Of a file on this machine: where it is, and no link. */
  readonly source?: string
  content(): Buffer
}

type Files = NonNullable<ContainerUnit['files']>

/** For providers: what a service's `files` stand for on this machine; a link out of its folder is followed, since its target stays behind. */
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
    const all = folder ? [...walkFolder(file.source, '')] : [entry(realpathSync(file.source), '')]
    return { target, folder, files: all, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) }
  })
}

// `roots` are the real folders on the way: what a link leads back to is there already.
function* walkFolder(
  root: string,
  path: string,
  roots: readonly string[] = [realpathSync(root)],
): Generator<FileTreeEntry> {
  for (const name of readdirSync(join(root, path)).toSorted()) {
    const inner = path ? `${path}/${name}` : name
    const at = join(root, inner)
    const linked = lstatSync(at).isSymbolicLink()
    if (linked && !leadsOut(at, roots))
      yield { path: inner, mode: 0o777, bytes: 0, link: targetOf(at), content: () => Buffer.alloc(0) }
    else if (statSync(at).isDirectory()) yield* walkFolder(root, inner, linked ? [...roots, realpathSync(at)] : roots)
    // Pipes, sockets and devices stay: opening one may wait forever.
    else if (statSync(at).isFile()) yield entry(linked ? realpathSync(at) : at, inner)
  }
}

function leadsOut(link: string, roots: readonly string[]): boolean {
  if (!existsSync(link)) return false
  const real = realpathSync(link)
  return !roots.some((root) => real === root || real.startsWith(`${root}${sep}`))
}

/** Programs are found by such links, which have to stay links: they look for their own files beside their target. */
function targetOf(link: string): string {
  const target = readlinkSync(link)
  return isAbsolute(target) ? relative(realpathSync(dirname(link)), target) : target
}

function entry(source: string, path: string): FileTreeEntry {
  const { mode, size } = statSync(source)
  return { path, mode: mode & 0o111 ? 0o755 : 0o644, bytes: size, source, content: () => readFileSync(source) }
}
