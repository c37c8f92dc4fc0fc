import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants, existsSync, statSync, type Stats } from 'node:fs'
import { chmod, lstat, mkdir, readdir, rm, rmdir, unlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Report } from '@moorage/core/provider'
import { folderNotRemoved } from '../errors.ts'

const ROOT_UID = 0
const WRITABLE_BY_OTHERS = constants.S_IWGRP | constants.S_IWOTH

/** Creates a folder for a service and records it in the journal first. It belongs to the supervisor's user. */
export async function createFolder(runId: string, service: string, report: Report): Promise<string> {
  const path = join(temporaryRoot(), `moorage-${runId}-${service}-${randomBytes(4).toString('hex')}`)
  report.journal({ kind: 'folder', path })
  await mkdir(path, { mode: 0o700 })
  // Another user, as whom a service may run, can pass through and not list. The umask limits the mode of mkdir.
  await chmod(path, 0o711)
  return path
}

/**
 * The system's temporary folder; /tmp where it does not exist, and where root starts programs as another user, who
 * cannot enter a private one.
 */
function temporaryRoot(): string {
  // Absolute, because the paths go into a journal that a process in another working folder may read.
  const temporary = resolve(tmpdir())
  if (!existsSync(temporary)) return '/tmp'
  if (process.getuid?.() !== ROOT_UID) return temporary
  for (let folder = temporary; folder !== dirname(folder); folder = dirname(folder))
    if (!(statSync(folder).mode & constants.S_IXOTH)) return '/tmp'
  return temporary
}

export async function removeFolders(paths: readonly string[]): Promise<void> {
  await Promise.all(paths.map(removeFolder))
}

/**
 * Removes a folder. As root it removes what belongs to another user as that user: a recursive removal by root follows
 * paths, and the user could replace a folder on the way by a link to any other. Throws `MoorageError` (START_FAILED)
 * if that user cannot remove its own files.
 */
export async function removeFolder(path: string): Promise<void> {
  if (process.getuid?.() !== ROOT_UID) return await rm(path, { recursive: true, force: true, maxRetries: 3 })
  const stat = await lstat(path).catch(ignoreMissing)
  if (!stat) return
  if (stat.uid !== ROOT_UID) return await removeAsOwner(path, stat)
  if (!stat.isDirectory()) return await unlink(path)
  // From here on only root can replace an entry of the folder.
  if (stat.mode & WRITABLE_BY_OTHERS) await chmod(path, 0o700)
  const entries = await readdir(path, { withFileTypes: true })
  await Promise.all(
    entries.map((entry) =>
      entry.isDirectory() ? removeFolder(join(path, entry.name)) : unlink(join(path, entry.name)),
    ),
  )
  await rmdir(path)
}

async function removeAsOwner(path: string, { uid, gid }: Stats): Promise<void> {
  // The working folder is entered as root, since that user may not be able to reach the path.
  const child = spawn('find', ['.', '-mindepth', '1', '-delete'], {
    cwd: path,
    uid,
    gid,
    env: { PATH: process.env['PATH'] },
    stdio: 'ignore',
  })
  await new Promise<void>((resolve) => void child.once('error', () => resolve()).once('close', () => resolve()))
  const stat = await lstat(path).catch(ignoreMissing)
  if (!stat) return
  try {
    await (stat.isDirectory() ? rmdir(path) : unlink(path))
  } catch (cause) {
    throw folderNotRemoved(path, uid, cause)
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
