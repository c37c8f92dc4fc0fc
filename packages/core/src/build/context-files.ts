import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { createFilter } from '../vendor/dockerignore.ts'

/** A file, folder or link of a build context. */
export interface ContextFile {
  /** Relative to the context, with `/`. */
  readonly path: string
  readonly absolute: string
  readonly stat: Stats
  /** Where a symbolic link leads. A builder keeps it as it is. */
  readonly link?: string
}

/**
 * The files that a builder gets of a context, sorted by path: without those that the ignore file of the Dockerfile
 * excludes, or else `.dockerignore`. Source: Docker documentation, "Build context".
 */
export function contextFiles(context: string, dockerfile?: string): readonly ContextFile[] {
  const patterns = ignorePatterns(context, dockerfile)
  const filter = createFilter(patterns)
  const kept = patterns.filter((pattern) => pattern.startsWith('!')).map((pattern) => cleanPattern(pattern.slice(1)))
  const files: ContextFile[] = []
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(context, folder)).toSorted()) {
      const path = folder ? `${folder}/${name}` : name
      const ignored = filter.isIgnored(path)
      const absolute = join(context, path)
      const stat = lstatSync(absolute)
      // Opening a socket or a named pipe would block, and no builder gets one.
      if (!stat.isFile() && !stat.isDirectory() && !stat.isSymbolicLink()) continue
      if (!ignored)
        files.push({ path, absolute, stat, ...(stat.isSymbolicLink() ? { link: readlinkSync(absolute) } : {}) })
      if (stat.isDirectory() && (!ignored || kept.some((pattern) => mayMatchBelow(pattern, path)))) visit(path)
    }
  }
  visit('')
  return files
}

/** The lines of the ignore file without comments. */
export function ignorePatterns(context: string, dockerfile?: string): readonly string[] {
  const candidates = [
    ...(dockerfile === undefined ? [] : [`${dockerfile}.dockerignore`]),
    join(context, '.dockerignore'),
  ]
  for (const file of candidates) {
    try {
      return readFileSync(file, 'utf8')
        .replace(/^\uFEFF/, '')
        .split('\n')
        .map((line) => line.trim())
        .filter((line) => line && !line.startsWith('#'))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return []
}

function cleanPattern(pattern: string): string {
  return pattern.trim().replace(/^(\.?\/)+|\/+$/g, '')
}

/** Whether a pattern can match something inside a folder. Wildcards count as a match. */
function mayMatchBelow(pattern: string, folder: string): boolean {
  const parts = pattern.split('/')
  return (
    folder.split('/').every((name, i) => {
      const part = parts[i]
      return part !== undefined && (part === name || /[*?[\\]/.test(part))
    }) || parts.includes('**')
  )
}
