import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { leadsOut, type ContainerUnit } from '@moorage/core'
import type { Adjust } from './client.ts'

interface Copies {
  readonly files: Adjust['files'][number][]
  readonly contents: Adjust['contents'][number][]
}

/** What a service's `files` stand for on this machine; a link out of its folder is followed, since its target stays behind. */
export function copiesOf(files: ContainerUnit['files'] = {}): Copies {
  const copies: Copies = { files: [], contents: [] }
  for (const [target, file] of Object.entries(files)) {
    if ('content' in file) copies.contents.push({ target, ...file })
    else deliver(copies, { source: realpathSync(file.source), target }, [])
  }
  return copies
}

interface Copy {
  readonly source: string
  readonly target: string
}

function deliver(copies: Copies, copy: Copy, roots: readonly string[]): void {
  const { folder, mode } = readable(copy.source)
  copies.files.push({ ...copy, folder, mode })
  if (folder) follow(copies, copy, [...roots, copy.source])
}

/** Links stay links in the SDK's archive: what replaces them comes after, first folders, then contents. */
function follow(copies: Copies, at: Copy, roots: readonly string[]): void {
  for (const entry of readdirSync(at.source, { withFileTypes: true })) {
    const inner = { source: join(at.source, entry.name), target: `${at.target}/${entry.name}` }
    if (entry.isDirectory()) follow(copies, inner, roots)
    if (!entry.isSymbolicLink() || !leadsOut(inner.source, roots)) continue
    const source = realpathSync(inner.source)
    const { folder, mode } = readable(source)
    if (folder) deliver(copies, { source, target: inner.target }, roots)
    else copies.contents.push({ content: readFileSync(source), target: inner.target, mode })
  }
}

/** For whatever user runs there; one mode for all of a folder, which is what the SDK offers. */
function readable(source: string): { readonly folder: boolean; readonly mode: number } {
  const stat = statSync(source)
  return { folder: stat.isDirectory(), mode: stat.isDirectory() || stat.mode & 0o111 ? 0o755 : 0o644 }
}
