import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { messageOf, MoorageError } from '@moorage/core'
import type { Change } from '../change.ts'

type Undo = () => void

interface Prepared {
  /** The file itself, if the path is a link. */
  readonly target: string
  readonly temporary: string
  readonly exists: boolean
}

/**
 * Writes all files, or none: each text goes to a file beside its target first, and the files take their names when all
 * are on the disk. Throws `MoorageError` (INIT_FAILED) if a file cannot be written; the project is as before then.
 */
export function writeChanges(changes: readonly Change[]): void {
  const undo: Undo[] = []
  let path = ''
  try {
    const prepared = changes.map((change) => {
      path = change.path
      return prepare(change, undo)
    })
    for (const [i, file] of prepared.entries()) {
      path = changes[i]?.path ?? ''
      replace(file, undo)
    }
  } catch (cause) {
    for (const step of undo.toReversed()) step()
    throw writeError(cause, path)
  }
  for (const { path: changed } of changes) rmSync(backupPath(resolved(changed)), { force: true })
}

function prepare({ path, after }: Change, undo: Undo[]): Prepared {
  const exists = existsSync(path)
  makeFolders(dirname(path), undo)
  const target = resolved(path)
  const temporary = besides(target, 'new')
  const file = openSync(temporary, 'wx', exists ? statSync(target).mode : 0o666)
  undo.push(() => rmSync(temporary, { force: true }))
  try {
    const bytes = Buffer.from(after)
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  if (exists) {
    // The umask does not apply to a file that existed.
    chmodSync(temporary, statSync(target).mode)
    // Now, while nothing is replaced yet: the disk may be full.
    undo.push(() => rmSync(backupPath(target), { force: true }))
    copyFileSync(target, backupPath(target))
  }
  return { target, temporary, exists }
}

function replace({ target, temporary, exists }: Prepared, undo: Undo[]): void {
  renameSync(temporary, target)
  undo.push(exists ? () => renameSync(backupPath(target), target) : () => unlinkSync(target))
}

/** Creates missing folders one by one, so that exactly those can be removed again. */
function makeFolders(folder: string, undo: Undo[]): void {
  if (existsSync(folder)) return
  makeFolders(dirname(folder), undo)
  mkdirSync(folder)
  undo.push(() => rmdirSync(folder))
}

function resolved(path: string): string {
  return existsSync(path) ? realpathSync(path) : path
}

function backupPath(target: string): string {
  return besides(target, 'old')
}

function besides(target: string, ending: string): string {
  return join(dirname(target), `.${basename(target)}.moorage-${process.pid}.${ending}`)
}

type Failure = (path: string) => { readonly problem: string; readonly remedy: string }

const NO_PERMISSION: Failure = () => ({
  problem: 'this user has no permission',
  remedy: 'Run init as the owner of the project.',
})
const FAILURES: { readonly [code: string]: Failure } = {
  EACCES: NO_PERMISSION,
  EPERM: NO_PERMISSION,
  EROFS: () => ({ problem: 'the file system is read-only', remedy: 'Run init in a copy that can be written.' }),
  ENOSPC: () => ({ problem: 'the disk is full', remedy: 'Free some space and run init again.' }),
  EDQUOT: () => ({ problem: "this user's disk quota is used up", remedy: 'Free some space and run init again.' }),
  ENOTDIR: (path) => ({
    problem: 'a file stands where a folder is needed',
    remedy: `Rename ${dirname(path)} and run init again.`,
  }),
}

function writeError(cause: unknown, path: string): MoorageError {
  const code = (cause as { readonly code?: string } | null)?.code ?? ''
  const failure = FAILURES[code]?.(path)
  const problem = failure ? `${failure.problem} (${code})` : messageOf(cause)
  return new MoorageError('INIT_FAILED', `init: ${path} cannot be written: ${problem}.`, {
    hint: `Nothing was written. ${failure?.remedy ?? `Look at ${dirname(path)} and run init again.`}`,
    cause,
  })
}
