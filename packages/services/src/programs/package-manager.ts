import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isSharedFolder, MoorageError, type ProgramContext } from '@moorage/core'
import { findProgram } from './find-program.ts'

type ManagerName = 'npm' | 'pnpm' | 'yarn' | 'bun'

/** The package manager of a project, and the file that says so. */
export interface PackageManager {
  readonly name: ManagerName
  /** Path of the file. Undefined where no file says anything. */
  readonly source?: string
  /** Whether npm refuses to run a script of the project, or cannot. */
  readonly required: boolean
}

interface Manifest {
  readonly packageManager?: unknown
  readonly devEngines?: { readonly packageManager?: unknown }
}

const LOCK_FILES: readonly (readonly [file: string, name: ManagerName])[] = [
  ['pnpm-lock.yaml', 'pnpm'],
  ['yarn.lock', 'yarn'],
  ['bun.lock', 'bun'],
  ['bun.lockb', 'bun'],
  ['package-lock.json', 'npm'],
  ['npm-shrinkwrap.json', 'npm'],
]

/**
 * The package manager that the nearest folder names, from this one up to the root of the repository: by
 * `packageManager` or `devEngines.packageManager` in its package.json, or by its lock file. Default: npm. A folder
 * above that all users share, such as /tmp, is not asked: any of them could name a program there. Sources: Node.js,
 * "Corepack"; npm, "package.json", devEngines.
 */
export function findPackageManager(folder: string): PackageManager {
  for (let current = folder; ; current = dirname(current)) {
    const found = managerOf(current)
    if (found) return found
    const parent = dirname(current)
    if (existsSync(join(current, '.git')) || current === parent || isSharedFolder(parent))
      return { name: 'npm', required: false }
  }
}

function managerOf(folder: string): PackageManager | undefined {
  const source = join(folder, 'package.json')
  const { packageManager, devEngines } = readManifest(source)
  const engines = [devEngines?.packageManager ?? []].flat() as readonly { readonly name?: unknown }[]
  const names = [...engines.map(({ name }) => name), String(packageManager).split('@')[0]]
  const named = names.find(isManagerName)
  const required = engines.length > 0 || existsSync(join(folder, '.pnp.cjs'))
  if (named) return { name: named, source, required }
  const lock = LOCK_FILES.find(([file]) => existsSync(join(folder, file)))
  return lock && { name: lock[1], source: join(folder, lock[0]), required }
}

function readManifest(file: string): Manifest {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Manifest
  } catch {
    // A file that another folder's owner has broken. The package's own file is checked before.
    return {}
  }
}

function isManagerName(name: unknown): name is ManagerName {
  return name === 'npm' || name === 'pnpm' || name === 'yarn' || name === 'bun'
}

/**
 * The command that runs a script of the package in `folder` with the project's own package manager. Where that is not
 * installed, npm runs the script and a notice says so. Throws `MoorageError` (PROGRAM_NOT_FOUND) where npm cannot.
 */
export function scriptCommand({ service, notice }: ProgramContext, folder: string, script: string): readonly string[] {
  const { name, source, required } = findPackageManager(folder)
  const program = managerProgram(name, source)
  if (program) return [...program, 'run', ...(name === 'pnpm' ? [] : ['--silent']), script]
  const text = `services.${service}: ${source} asks for ${name}, which is not on the PATH`
  if (required)
    throw new MoorageError('PROGRAM_NOT_FOUND', `${text}.`, {
      service,
      hint: `Install it: npm install --global ${name}`,
    })
  notice(`${text}. npm runs the script instead.`)
  return [npmProgram(), 'run', '--silent', script]
}

function managerProgram(name: ManagerName, source: string | undefined): readonly string[] | undefined {
  if (name === 'npm') return [npmProgram()]
  const own = name === 'yarn' && source ? yarnPath(dirname(source)) : undefined
  if (own) return [process.execPath, own]
  const found = findProgram(process.platform === 'win32' ? `${name}.cmd` : name)
  return found === undefined ? undefined : [found, ...(name === 'pnpm' ? ['--silent'] : [])]
}

/** The Yarn that the project contains. Source: Yarn, "Settings (.yarnrc.yml)", yarnPath. */
function yarnPath(folder: string): string | undefined {
  const file = join(folder, '.yarnrc.yml')
  const path = existsSync(file)
    ? /^yarnPath:\s*["']?([^"'\n]+?)["']?\s*$/m.exec(readFileSync(file, 'utf8'))?.[1]
    : undefined
  return path && resolve(folder, path)
}

function npmProgram(): string {
  return process.platform === 'win32' ? 'npm.cmd' : 'npm'
}
