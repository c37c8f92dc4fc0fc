import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { MoorageError } from '../contract/errors.ts'
import { isSharedFolder } from '../provider-kit/shared-folder.ts'
import { COMPOSE_FILES } from './compose-reader.ts'

/** The names that a config file can have, in the order of the search. */
export const CONFIG_FILES = [
  'moorage.config.ts',
  'moorage.config.mts',
  'moorage.config.cts',
  'moorage.config.js',
  'moorage.config.mjs',
  'moorage.config.cjs',
] as const

/**
 * Path of the config file for a folder: the nearest one in it or above it, up to the root of its workspace. Without
 * one, the nearest compose file stands for it. Throws `MoorageError`: CONFIG_NOT_FOUND without either, CONFIG_INVALID
 * if a folder has two configs.
 */
export function findConfig(folder: string): string {
  const searched = foldersToSearch(folder)
  for (const candidate of searched) {
    const found = CONFIG_FILES.filter((name) => existsSync(join(candidate, name)))
    if (found.length > 1) {
      throw new MoorageError('CONFIG_INVALID', `${candidate} contains two config files: ${found.join(' and ')}.`, {
        hint: 'Remove one of them.',
      })
    }
    if (found[0]) return join(candidate, found[0])
  }
  for (const candidate of searched) {
    const found = COMPOSE_FILES.find((name) => existsSync(join(candidate, name)))
    if (found) return join(candidate, found)
  }
  const top = searched.at(-1)
  const above = top === folder ? '' : `, nor does any folder above it up to ${top}`
  throw new MoorageError('CONFIG_NOT_FOUND', `${folder} contains no moorage.config.ts${above}.`, {
    hint: "Create one:\n  import { defineConfig, postgres } from 'moorage'\n  export default defineConfig({ services: { db: postgres() } })",
  })
}

/** Which config a runner uses. */
export interface ConfigChoice {
  /** Path of the config file, relative to `root`. Default: the nearest moorage.config.* in `root` or above it. */
  readonly config?: string
  /** Where the search starts, relative to the runner's root. Default: the runner's root. */
  readonly root?: string
}

/** Path of the config file that is chosen. Throws `MoorageError`: CONFIG_NOT_FOUND or CONFIG_INVALID. */
export function chooseConfig(folder: string, { config, root = '.' }: ConfigChoice): string {
  const start = resolve(folder, root)
  if (config === undefined) return findConfig(start)
  const path = resolve(start, config)
  if (existsSync(path)) return path
  throw new MoorageError('CONFIG_NOT_FOUND', `${path} does not exist.`, {
    hint: `The option config of moorage() names it, relative to ${start}.`,
  })
}

/**
 * The folder and those above it, up to the root of the workspace or repository, or else to the nearest package. A
 * folder outside of any package is searched alone: a config above it belongs to something else. So does one in a folder
 * that all users share, such as /tmp, where any of them could have put it.
 */
function foldersToSearch(folder: string): readonly string[] {
  const folders = [folder]
  for (let parent = dirname(folder); parent !== folders.at(-1) && !isSharedFolder(parent); parent = dirname(parent))
    folders.push(parent)
  const top = folders.findIndex(isWorkspaceRoot)
  const last = top < 0 ? folders.findIndex((path) => existsSync(join(path, 'package.json'))) : top
  return folders.slice(0, Math.max(last, 0) + 1)
}

function isWorkspaceRoot(folder: string): boolean {
  if (WORKSPACE_MARKS.some((name) => existsSync(join(folder, name)))) return true
  try {
    return 'workspaces' in (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as object)
  } catch {
    return false
  }
}

const WORKSPACE_MARKS = ['pnpm-workspace.yaml', '.git', '.hg']
