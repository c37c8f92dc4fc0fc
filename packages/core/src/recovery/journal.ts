import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../config/content-hash.ts'
import { messageOf, MoorageError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Owner, ProviderRef } from '../contract/provider.ts'
import { debugLog } from '../provider-kit/debug-log.ts'
import type { SupervisorPaths } from '../protocol/paths.ts'

type JournalLine =
  | { readonly owner: Owner; readonly paths: SupervisorPaths }
  | { readonly run: string; readonly root: string; readonly family: string }
  | { readonly provider: ProviderRef; readonly entry: Json }

/**
 * Names everything that a supervisor creates, before it creates it. When the supervisor is killed, the next one removes
 * what the journal names. Each method throws MoorageError (SUPERVISOR_FAILED) where the file cannot be written.
 */
export interface Journal {
  /** From now on clients find the supervisor at these paths. */
  recordMove(to: SupervisorPaths): void
  recordRun(id: string, project: { readonly root: string; readonly family: string }): void
  recordEntry(provider: ProviderRef, entry: Json): void
  /** Deletes the file, once everything that it names has been removed. */
  remove(): void
}

export interface JournaledRun {
  readonly file: string
  /** All paths that its supervisor has had. The last one is current. */
  readonly paths: readonly SupervisorPaths[]
  readonly owner: Owner
  readonly run: string
  readonly root: string
  readonly family: string
  readonly entries: readonly { readonly provider: ProviderRef; readonly entry: Json }[]
}

/**
 * Each line is one write, so it is in the page cache when the call returns and outlives this process. Throws
 * MoorageError (SUPERVISOR_FAILED) where the file cannot be written.
 */
export function openJournal(paths: SupervisorPaths, owner: Owner): Journal {
  // Process ids repeat, in a small container soon. The name contains the owner, so that no other owner's journal is
  // continued.
  const file = paths.journal.replace(/\.journal$/, `-${sha256(JSON.stringify(owner)).slice(0, 12)}.journal`)
  const descriptor = writeOrThrow(file, () => openSync(file, 'a', 0o600))
  // Ends a line that an earlier write left incomplete.
  let separator = ''
  let removed = false
  const append = (line: JournalLine): void => {
    const bytes = Buffer.from(`${separator}${JSON.stringify(line)}\n`)
    separator = '\n'
    writeOrThrow(file, () => {
      // The descriptor's number may belong to another file by now.
      if (removed) throw new RangeError('the run is over')
      // A disk that is nearly full takes a part of the line without an error.
      if (writeSync(descriptor, bytes) < bytes.length) throw new RangeError('no space left on the device')
    })
    separator = ''
    debugLog('supervisor')?.('journal', 'entry' in line ? { provider: line.provider.name, entry: line.entry } : {})
  }
  append({ owner, paths })
  return {
    recordMove: (to) => append({ owner, paths: to }),
    recordRun: (run, project) => append({ run, ...project }),
    recordEntry: (provider, entry) => append({ provider, entry }),
    remove(): void {
      removed = true
      closeSync(descriptor)
      rmSync(file, { force: true })
    },
  }
}

function writeOrThrow<T>(file: string, write: () => T): T {
  try {
    return write()
  } catch (cause) {
    throw new MoorageError('SUPERVISOR_FAILED', `The journal ${file} cannot be written: ${messageOf(cause)}.`, {
      hint: 'moorage starts nothing that it cannot record first. Free some space there, or set MOORAGE_CACHE_DIR to another folder.',
      cause,
    })
  }
}

/** The journals of a folder whose owner is dead. */
export function readDeadRuns(folder: string, isAlive: (owner: Owner) => boolean): readonly JournaledRun[] {
  return readJournals(folder).filter(({ owner }) => !isAlive(owner))
}

/** All journals of a folder, those of living supervisors included. */
export function readJournals(folder: string): readonly JournaledRun[] {
  return readdirSync(folder)
    .toSorted()
    .filter((name) => name.endsWith('.journal'))
    .flatMap((name) => readJournal(join(folder, name)) ?? [])
}

function readJournal(file: string): JournaledRun | undefined {
  const lines = readLines(file)
  const [first, ...moves] = lines.flatMap((line) => ('owner' in line ? [line] : []))
  if (!first) return undefined
  const { run = '', root = '', family = '' } = lines.findLast((line) => 'run' in line) ?? {}
  const entries = lines.flatMap((line) => ('provider' in line ? [line] : []))
  return { file, paths: [first, ...moves].map(({ paths }) => paths), owner: first.owner, run, root, family, entries }
}

function readLines(file: string): readonly JournalLine[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    // Its owner has removed it in the meantime, so nothing of the run is left.
    return []
  }
  // The owner died while it wrote a line without an end. It had not created what that line names.
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => parseLine(line) ?? [])
}

function parseLine(line: string): JournalLine | undefined {
  try {
    return JSON.parse(line) as JournalLine
  } catch {
    return undefined
  }
}
