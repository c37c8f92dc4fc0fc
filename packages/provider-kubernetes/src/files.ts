import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { ContainerUnit } from '@moorage/core'

/** One thing to deliver: a file, or a folder with everything in it. */
export interface Parcel {
  /** Path in the container. */
  readonly target: string
  readonly folder: boolean
  readonly files: readonly { readonly path: string; readonly mode: number; readonly bytes: number; content(): Buffer }[]
  readonly bytes: number
}

type Files = NonNullable<ContainerUnit['files']>

/** What a service's `files` stand for on this machine; links are followed, since their targets stay behind. */
export function parcelsOf(files: Files = {}): readonly Parcel[] {
  return Object.entries(files).map(([target, file]) => {
    if (!('source' in file)) {
      const content = Buffer.from(file.content)
      return { target, folder: false, files: [{ path: '', mode: file.mode ?? 0o644, bytes: content.length, content: () => content }], bytes: content.length }
    }
    const folder = statSync(file.source).isDirectory()
    const all = folder ? [...within(file.source, '')] : [entry(file.source, '')]
    return { target, folder, files: all, bytes: all.reduce((sum, { bytes }) => sum + bytes, 0) }
  })
}

interface Entry {
  readonly path: string
  readonly mode: number
  readonly bytes: number
  content(): Buffer
}

function* within(root: string, path: string): Generator<Entry> {
  for (const name of readdirSync(join(root, path)).toSorted()) {
    const inner = path ? `${path}/${name}` : name
    if (statSync(join(root, inner)).isDirectory()) yield* within(root, inner)
    else yield entry(join(root, inner), inner)
  }
}

function entry(source: string, path: string): Entry {
  const { mode, size } = statSync(source)
  return { path, mode: mode & 0o111 ? 0o755 : 0o644, bytes: size, content: () => readFileSync(source) }
}
