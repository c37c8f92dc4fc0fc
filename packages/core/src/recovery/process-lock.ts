import { closeSync, fstatSync, openSync, rmSync, statSync, truncateSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { messageOf, MoorageError } from '../contract/errors.ts'

/** A file lock of the kernel, taken through SQLite: on every platform it ends with its process, however that dies. */
export interface ProcessLock {
  release(): void
}

// Loaded at the first lock: Node prints a warning for node:sqlite, which belongs in the log and not in the user's
// terminal.
const require = createRequire(import.meta.url)

// References the handles: one that is garbage-collected releases its lock.
const databases = new Map<string, DatabaseSync>()

// Source: sqlite.org, "Result and Error Codes".
const SQLITE_BUSY = 5
const SQLITE_NOTADB = 26

/**
 * Takes the lock, or gives undefined when another process holds it. The release deletes the file. Throws MoorageError
 * (SUPERVISOR_FAILED) where the file cannot be locked at all: the disk is full, say.
 */
export function takeLock(path: string): ProcessLock | undefined {
  // Closing any descriptor of a file drops all POSIX locks of this process on it (fcntl(2)): do not even open it.
  if (databases.has(path)) return undefined
  const sqlite = require('node:sqlite') as typeof import('node:sqlite')
  const descriptor = openSync(path, 'a', 0o600)
  const database = new sqlite.DatabaseSync(path, { timeout: 0 })
  try {
    // A rollback journal on disk would outlive a kill. Node's databases are defensive, which disables OFF.
    database.exec('PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE')
    // The last holder may have deleted the file between the open and the lock. Such a lock keeps no process out.
    if (!isFileAt(path, descriptor)) throw new RangeError('stale')
  } catch (cause) {
    database.close()
    closeSync(descriptor)
    const { errcode } = cause as { errcode?: number }
    if (errcode === undefined || errcode === SQLITE_BUSY) return undefined
    // No process can hold this file: a crash of the machine has left something else in it.
    if (errcode === SQLITE_NOTADB) return takeEmptiedLock(path)
    throw new MoorageError('SUPERVISOR_FAILED', `The lock ${path} cannot be taken: ${messageOf(cause)}.`, {
      hint: 'Free some space there, grant write access, or set MOORAGE_CACHE_DIR to another folder.',
      cause,
    })
  }
  databases.set(path, database)
  return {
    release(): void {
      if (!databases.delete(path)) return
      rmSync(path, { force: true })
      database.close()
      closeSync(descriptor)
    },
  }
}

function takeEmptiedLock(path: string): ProcessLock | undefined {
  truncateSync(path)
  return takeLock(path)
}

function isFileAt(path: string, descriptor: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat !== undefined && stat.ino === fstatSync(descriptor).ino
}
