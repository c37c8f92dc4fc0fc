import { hashContent, sha256 } from '../config/content-hash.ts'
import { contextFiles } from './context-files.ts'

/**
 * Covers paths, contents, links and the executable bit of the files that a builder gets. Times and owners are left out
 * because they differ between checkouts.
 */
export function contextDigest(context: string, dockerfile?: string): string {
  const lines = contextFiles(context, dockerfile).map(({ path, absolute, stat, link }) => {
    const content = link ?? (stat.isFile() ? hashContent(absolute, stat.size) : '')
    return JSON.stringify([path, stat.isFile() && (stat.mode & 0o111) !== 0, stat.isDirectory(), content])
  })
  return sha256(lines.join('\n'))
}
