import { closeSync, fstatSync, openSync, rmSync, statSync, truncateSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { messageOf, MoorageError } from '../contract/errors.ts'

/** A lock of the kernel's, through SQLite: released by any kind of death, on every platform. */
export interface Lock {
  release(): void
}

// Loaded without an import: Node prints a warning for node:sqlite, which belongs into the log, not in front of a user.
const load = createRequire(import.meta.url)

// Held here as well: a handle that nothing references is collected, and the lock with it.
const held = new Map<string, DatabaseSync>()

// Source: sqlite.org, "Result and Error Codes".
const BUSY = 5
const NO_DATABASE = 26

/**
 * Takes the lock, or gives undefined when another process has it. The file is gone after the release. Throws
 * `MoorageError` (SUPERVISOR_FAILED) where nobody could take it: a full disk, say.
 */
export function takeLock(path: string): Lock | undefined {
  // Closing any descriptor of a file drops all POSIX locks that this process has on it (fcntl(2)): do not even open it.
  if (held.has(path)) return undefined
  const sqlite = load('node:sqlite') as typeof import('node:sqlite')
  const mine = openSync(path, 'a', 0o600)
  const database = new sqlite.DatabaseSync(path, { timeout: 0 })
  try {
    // A journal's file would outlive a kill. Not OFF: Node's databases are defensive, which leaves that without effect.
    database.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE')
    // The last holder may have unlinked the file between our open and our lock; then it locks nobody out.
    if (!sameFile(mine, path)) throw new RangeError('stale')
  } catch (cause) {
    database.close()
    closeSync(mine)
    const { errcode } = cause as { errcode?: number }
    if (errcode === undefined || errcode === BUSY) return undefined
    // Nobody can hold it: a crash of the machine has left something else in it.
    if (errcode === NO_DATABASE) return emptied(path)
    throw new MoorageError('SUPERVISOR_FAILED', `The lock ${path} cannot be taken: ${messageOf(cause)}.`, {
      hint: 'Make room or give rights there, or set MOORAGE_CACHE_DIR to another folder.',
      cause,
    })
  }
  held.set(path, database)
  return {
    release(): void {
      if (!held.delete(path)) return
      rmSync(path, { force: true })
      database.close()
      closeSync(mine)
    },
  }
}

function emptied(path: string): Lock | undefined {
  truncateSync(path)
  return takeLock(path)
}

function sameFile(descriptor: number, path: string): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && stat.ino === fstatSync(descriptor).ino
}
