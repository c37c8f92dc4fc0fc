import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const SKIPPED_FOLDERS: ReadonlySet<string> = new Set([
  'node_modules',
  'bower_components',
  'vendor',
  'dist',
  'build',
  'out',
  'coverage',
  'target',
  'venv',
  '__pycache__',
])

const MAX_FILES = 20_000
const MAX_DEPTH = 8

/**
 * Paths of the files below a folder, relative to it and sorted. It leaves out hidden folders, dependencies and build
 * output, and stops at 20,000 files.
 */
export function listFiles(folder: string): readonly string[] {
  const files: string[] = []
  const visit = (relative: string, depth: number): void => {
    for (const entry of readdirSync(join(folder, relative), { withFileTypes: true }).toSorted(byName)) {
      if (files.length >= MAX_FILES) return
      const path = relative ? `${relative}/${entry.name}` : entry.name
      if (entry.isFile()) files.push(path)
      else if (entry.isDirectory() && depth < MAX_DEPTH && isSearched(entry.name)) visitReadable(path, depth + 1)
    }
  }
  // A folder that this user may not read belongs to something else, such as the data of a database.
  const visitReadable = (path: string, depth: number): void => {
    try {
      visit(path, depth)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    }
  }
  visit('', 0)
  return files
}

function isSearched(name: string): boolean {
  return !name.startsWith('.') && !SKIPPED_FOLDERS.has(name)
}

function byName(a: { readonly name: string }, b: { readonly name: string }): number {
  return a.name < b.name ? -1 : 1
}
