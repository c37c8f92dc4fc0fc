import { accessSync, chmodSync, constants, lstatSync, mkdirSync, readdirSync, statSync, type Stats } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join, parse, resolve } from 'node:path'
import { sha256 } from '../config/content-hash.ts'
import type { EnvVariables } from '../config/url-variables.ts'
import { MoorageError } from '../contract/errors.ts'
import { homeFolder } from '../provider-kit/home-folder.ts'

/** The files of one supervisor. On Windows its socket is a named pipe. */
export interface SupervisorPaths {
  readonly socket: string
  readonly lock: string
  readonly log: string
  readonly journal: string
}

/** The folders that a supervisor works with. */
export interface RunFolders {
  readonly paths: SupervisorPaths
  /** Sockets, locks and journals of all supervisors of this user. */
  readonly runFolder: string
  /** Downloads and compiled code. */
  readonly cache: string
}

// sun_path (unix(7)): 108 bytes with the NUL on Linux, 104 on macOS.
const MAX_SOCKET_PATH_BYTES = process.platform === 'linux' ? 107 : 103
const WRITABLE_BY_OTHERS = constants.S_IWGRP | constants.S_IWOTH
const FILE_NAME_BYTES = `${'x'.repeat(16)}.journal`.length

/**
 * The folder for everything that outlives a run: `MOORAGE_CACHE_DIR`, else `moorage` in the user's cache folder. Where
 * the user has no home folder of their own or may not write to it, a private folder among the temporary files.
 */
export function cacheFolder(env: EnvVariables): string {
  // Absolute, because a supervisor runs in another working folder.
  if (env['MOORAGE_CACHE_DIR']) return resolve(env['MOORAGE_CACHE_DIR'])
  const home = homeFolder()
  const folder = resolve(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'moorage')
  const isOwn = env['XDG_CACHE_HOME'] || isOwnHome(home)
  return isOwn && !writeProblem(folder) ? folder : temporaryFolder()
}

/**
 * An account whose home is the root of the file system has none of its own. Neither has root with the home of another
 * user, as under `sudo` and in the containers of CI systems: that user could replace what root runs there, and could
 * not use the files of root.
 */
function isOwnHome(home: string): boolean {
  if (home === parse(home).root) return false
  const stat = statIfReachable(home)
  return !stat || !process.getuid || stat.uid === process.getuid()
}

/** The user's own folder among the temporary files. */
function temporaryFolder(): string {
  return resolve(tmpdir(), `moorage-${userName()}`)
}

function userName(): string {
  return process.platform === 'win32' ? userInfo().username : String(process.getuid?.())
}

/** Why a folder cannot be written or created. */
function writeProblem(folder: string): string | undefined {
  try {
    accessSync(folder, constants.W_OK)
    return undefined
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' && dirname(folder) !== folder ? writeProblem(dirname(folder)) : (code ?? String(error))
  }
}

/**
 * The private folder for sockets, locks and journals: in the cache folder, or in the folder for temporary files where
 * that is not possible. Throws MoorageError (SUPERVISOR_FAILED) where neither is, and for a cache folder of another
 * user.
 */
export function runFolder(env: EnvVariables): string {
  requireOwnCache(cacheFolder(env))
  const candidates = [join(cacheFolder(env), 'run'), temporaryFolder(), `/tmp/moorage-${userName()}`]
  const reasons: string[] = []
  for (const folder of candidates) {
    const reason = folderProblem(folder)
    if (!reason) return folder
    reasons.push(`  ${folder}: ${reason}`)
  }
  throw new MoorageError('SUPERVISOR_FAILED', `No folder can hold moorage's sockets.\n${reasons.join('\n')}`, {
    hint: 'Set MOORAGE_CACHE_DIR to a folder that is writable, belongs to you, and has a short path.',
  })
}

/**
 * Refuses a cache folder that another user owns or may write to: programs in it are run, as root in the worst case.
 * A folder that does not exist yet is created later, for this user alone.
 */
function requireOwnCache(folder: string): void {
  const reason = writeProblem(folder)
  if (reason)
    throw new MoorageError('SUPERVISOR_FAILED', `The cache folder ${folder} cannot be written (${reason}).`, {
      hint: 'Set MOORAGE_CACHE_DIR to a folder that you may write to.',
    })
  const problem = foreignAccess(folder)
  if (!problem) return
  throw new MoorageError(
    'SUPERVISOR_FAILED',
    `The cache folder ${folder} ${problem}. Other users could replace the programs in it.`,
    { hint: 'Set MOORAGE_CACHE_DIR to a folder that belongs to you and that only you may write to.' },
  )
}

/** How another user could replace the files in a folder. Undefined if none can, or if the folder does not exist. */
function foreignAccess(folder: string): string | undefined {
  const uid = process.getuid?.()
  const stat = statIfReachable(folder)
  const link = lstatSync(folder, { throwIfNoEntry: false })
  if (uid === undefined || !stat || !link) return undefined
  // Its owner can make it lead to another folder at any time.
  if (link.isSymbolicLink() && link.uid !== uid && link.uid !== 0) return `is a link of another user (uid ${link.uid})`
  if (stat.uid !== uid) return `belongs to another user (uid ${stat.uid})`
  return stat.mode & WRITABLE_BY_OTHERS ? 'is writable by other users' : undefined
}

/** Undefined for a folder that does not exist or cannot be reached, which the attempt to create it reports. */
function statIfReachable(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
}

function isForeign(path: string): boolean {
  return lstatSync(path).uid !== process.getuid?.()
}

export function supervisorPaths(identity: string, folder: string): SupervisorPaths {
  const file = (extension: string): string => join(folder, `${identity}.${extension}`)
  const socket = process.platform === 'win32' ? `\\\\.\\pipe\\moorage-${userName()}-${identity}` : file('sock')
  return { socket, lock: file('lock'), log: file('log'), journal: file('journal') }
}

/** The folder of Node's compile cache, for processes that moorage starts. */
export function compileCache({ cache }: RunFolders): string {
  return join(cache, 'compiled')
}

/** Hashes what two clients must have in common to share a supervisor into a short file name. */
export function shortHash(parts: readonly string[]): string {
  return sha256(JSON.stringify(parts)).slice(0, 16)
}

function folderProblem(folder: string): string | undefined {
  if (Buffer.byteLength(folder) + 1 + FILE_NAME_BYTES > MAX_SOCKET_PATH_BYTES)
    return 'its path is too long for a socket'
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const stat = lstatSync(folder)
    if (!stat.isDirectory()) return 'it is not a folder'
    if (!process.getuid) return undefined
    if (stat.uid !== process.getuid()) return 'it belongs to another user'
    if (stat.mode & 0o077) chmodSync(folder, 0o700)
    // Others could write to it until now. A sweep runs the provider that a journal names, whatever user wrote that
    // journal.
    if (stat.mode & WRITABLE_BY_OTHERS && readdirSync(folder).some((name) => isForeign(join(folder, name))))
      return 'it contains files of another user'
    accessSync(folder, constants.W_OK)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}
