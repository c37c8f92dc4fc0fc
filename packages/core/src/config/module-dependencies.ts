import { readFileSync, realpathSync, statSync } from 'node:fs'
// Not by name: see load-config.ts.
import module, { createRequire, isBuiltin } from 'node:module'
import { dirname, extname, join, resolve, sep } from 'node:path'
import { pathToFileURL } from 'node:url'

const MODULE = /\.[cm]?[jt]sx?$/
const ENDINGS = ['', '.ts', '.mts', '.cts', '.tsx', '.js', '.mjs', '.cjs', '.json', '/index.ts', '/index.js']

// A relative path in quotes names an import, or a file that the module reads.
const RELATIVE = /(['"`])(\.{1,2}\/[^'"`\n]+)\1/g
const PACKAGE = /\b(?:from|import|require)\s*\(?\s*(['"])([^'"./\n][^'"\n]*)\1/g

/**
 * Every file that a module depends on, itself first, without running it: what it imports and, as far as its path stands
 * in the module as text, what it reads. Of an installed package only package.json counts, which has its version. The
 * result may contain too much, and never depends on the order of the imports.
 */
export function moduleFiles(entry: string): readonly string[] {
  const seen = new Set<string>()
  const queue = [realpathSync(entry)]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    if (!MODULE.test(file) || isInstalled(file)) continue
    const source = readFileSync(file, 'utf8')
    for (const [, , path = ''] of source.matchAll(RELATIVE)) queue.push(...relativeFiles(file, path))
    for (const [, , name = ''] of source.matchAll(PACKAGE)) queue.push(...packageFiles(file, name))
  }
  const [first = entry, ...others] = seen
  return [first, ...others.toSorted()]
}

function relativeFiles(importer: string, path: string): readonly string[] {
  const target = resolve(dirname(importer), path.replace(/[?#].*$/, ''))
  // TypeScript allows an import of x.js for x.ts.
  const stem = /^\.[cm]?js$/.test(extname(target)) ? target.replace(/js$/, 'ts') : target
  const candidates = [...ENDINGS.map((ending) => target + ending), stem]
  const found = candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile())
  if (found !== undefined) return [realpathSync(found)]
  const stat = statSync(target, { throwIfNoEntry: false })
  // A folder of the module's own, such as migrations, but not a folder that contains the project.
  const isOwn = stat?.isDirectory() && !`${importer}${sep}`.startsWith(`${target}${sep}`)
  return isOwn && !statSync(join(target, 'node_modules'), { throwIfNoEntry: false }) ? [realpathSync(target)] : []
}

function packageFiles(importer: string, name: string): readonly string[] {
  if (isBuiltin(name)) return []
  try {
    const manifest = name.startsWith('#') ? undefined : module.findPackageJSON(name, pathToFileURL(importer))
    if (manifest !== undefined && isInstalled(realpathSync(manifest))) return [realpathSync(manifest)]
    // A package of the workspace, or an import that package.json maps to a file of the project.
    const main = realpathSync(createRequire(importer).resolve(name))
    return manifest === undefined ? [main] : [main, realpathSync(manifest)]
  } catch {
    // Not installed, or found by a loader of the project only.
    return []
  }
}

function isInstalled(file: string): boolean {
  return file.includes(`${sep}node_modules${sep}`)
}
