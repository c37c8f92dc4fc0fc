import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

/** Twelve hex digits that change with any of the inputs: data by value, folders by names, modes and contents. */
export function contentHash(data: unknown, folders: string[] = []): string {
  const hash = createHash('sha256').update(JSON.stringify([process.arch, data]))
  for (const folder of folders) {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    for (const file of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
      hash.update(`\0${relative(folder, file)}\0${statSync(file).mode & 0o111}\0`).update(readFileSync(file))
    }
  }
  return hash.digest('hex').slice(0, 12)
}
