import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { listFiles } from './list-files.ts'
import { readManifest, type PackageManifest } from './package-manifest.ts'
import { parseYaml } from './parse-yaml.ts'

export type PackageManager = 'npm' | 'pnpm' | 'yarn' | 'bun'

export interface Workspace {
  /** The root of the workspace, else the folder of the package. */
  readonly root: string
  readonly manager: PackageManager
  /** The lock file that was found, relative to the root. */
  readonly lockFile: string | undefined
  /** The lock file is one of Yarn 1. */
  readonly isClassicYarn: boolean
  /** The packages below the root; empty if the project is one package. */
  readonly packages: readonly PackageManifest[]
}

const LOCK_FILES: { readonly [file: string]: PackageManager } = {
  'pnpm-lock.yaml': 'pnpm',
  'yarn.lock': 'yarn',
  'bun.lock': 'bun',
  'bun.lockb': 'bun',
  'package-lock.json': 'npm',
  'npm-shrinkwrap.json': 'npm',
}

/** The workspace that a package belongs to, its package manager and its packages. */
export function findWorkspace(manifest: PackageManifest): Workspace {
  const root = findRoot(manifest)
  const patterns = workspacePatterns(root)
  const lockFile = Object.keys(LOCK_FILES).find((name) => existsSync(join(root.folder, name)))
  const named = /^(npm|pnpm|yarn|bun)@/.exec(root.packageManager ?? '')?.[1] as PackageManager | undefined
  return {
    root: root.folder,
    manager: named ?? (lockFile === undefined ? 'npm' : (LOCK_FILES[lockFile] ?? 'npm')),
    lockFile,
    isClassicYarn:
      lockFile === 'yarn.lock' && /^# yarn lockfile v1$/m.test(readFileSync(join(root.folder, lockFile), 'utf8')),
    packages: patterns.length ? packagesOf(root.folder, patterns) : [],
  }
}

function findRoot(manifest: PackageManifest): PackageManifest {
  for (let folder = manifest.folder; folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json')
    if (existsSync(path)) {
      const candidate = readManifest(path)
      const patterns = workspacePatterns(candidate)
      const contains = packageMatcher(patterns)(manifest.folder.slice(folder.length + 1))
      if (patterns.length && (folder === manifest.folder || contains)) return candidate
    }
    // What is outside of the repository is not part of the project.
    if (existsSync(join(folder, '.git'))) break
  }
  return manifest
}

function workspacePatterns({ folder, workspaces }: PackageManifest): readonly string[] {
  const path = join(folder, 'pnpm-workspace.yaml')
  if (!existsSync(path)) return workspaces
  const [document] = parseYaml(path, readFileSync(path, 'utf8')).documents
  const { packages } = (document?.toJS() ?? {}) as { readonly packages?: unknown }
  return Array.isArray(packages) ? packages.filter((item) => typeof item === 'string') : []
}

function packagesOf(root: string, patterns: readonly string[]): readonly PackageManifest[] {
  const matches = packageMatcher(patterns)
  return listFiles(root)
    .filter((file) => file.endsWith('/package.json') && matches(dirname(file)))
    .map((file) => readManifest(join(root, file)))
}

/** Whether a folder, relative to the root, is a package. Patterns that start with `!` exclude folders. */
function packageMatcher(patterns: readonly string[]): (folder: string) => boolean {
  const toRegExp = (pattern: string): RegExp =>
    new RegExp(
      `^${pattern
        .replace(/^!?(\.\/)?|\/$/g, '')
        .replace(/[.+^${}()|[\]\\]/g, String.raw`\$&`)
        .replace(/\*\*\/?|\*/g, (stars) => (stars === '*' ? '[^/]+' : '.*'))}$`,
    )
  const included = patterns.filter((pattern) => !pattern.startsWith('!')).map(toRegExp)
  const excluded = patterns.filter((pattern) => pattern.startsWith('!')).map(toRegExp)
  return (folder) =>
    included.some((pattern) => pattern.test(folder)) && !excluded.some((pattern) => pattern.test(folder))
}
