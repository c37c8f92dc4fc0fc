import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '../config/hash.ts'
import { messageOf, MoorageError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import type { Owner, ProviderRef } from '../contract/provider.ts'
import type { SupervisorPaths } from '../protocol/paths.ts'

type JournalLine =
  | { readonly owner: Owner; readonly place: SupervisorPaths }
  | { readonly run: string; readonly root: string; readonly family: string }
  | { readonly provider: ProviderRef; readonly entry: Json }

/** What a supervisor is about to create, written before it does: the way back when it is killed. */
export interface Journal {
  /** Clients find the supervisor at another place from now on. */
  place(at: SupervisorPaths): void
  run(id: string, of: { readonly root: string; readonly family: string }): void
  write(provider: ProviderRef, entry: Json): void
  /** Everything is undone: nothing to remember. */
  remove(): void
}

export interface JournaledRun {
  readonly file: string
  /** Where its supervisor has been found; the last one counts. */
  readonly places: readonly SupervisorPaths[]
  readonly owner: Owner
  readonly run: string
  readonly root: string
  readonly family: string
  readonly entries: readonly { readonly provider: ProviderRef; readonly entry: Json }[]
}

/** One write per line: whole in the page cache when it returns, whatever becomes of this process. */
export function openJournal(place: SupervisorPaths, owner: Owner): Journal {
  // A number comes again, in a small container soon: the journal of a dead namesake must not be taken up.
  const file = place.journal.replace(/\.journal$/, `-${sha256(JSON.stringify(owner)).slice(0, 12)}.journal`)
  const descriptor = writeOrThrow(file, () => openSync(file, 'a', 0o600))
  let torn = ''
  let removed = false
  const append = (line: JournalLine): void => {
    const bytes = Buffer.from(`${torn}${JSON.stringify(line)}\n`)
    torn = '\n'
    // A disk that is nearly full takes a part of a line, and says nothing.
    writeOrThrow(file, () => {
      // Its number is somebody else's by now.
      if (removed) throw new RangeError('the run is over')
      if (writeSync(descriptor, bytes) < bytes.length) throw new RangeError('no space left on the device')
    })
    torn = ''
  }
  append({ owner, place })
  return {
    place: (at) => append({ owner, place: at }),
    run: (id, of) => append({ run: id, ...of }),
    write: (provider, entry) => append({ provider, entry }),
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
      hint: 'Nothing is started that is not written down first. Free some space there, or set MOORAGE_CACHE_DIR to another folder.',
      cause,
    })
  }
}

/** Journals whose owner is dead. */
export function deadRuns(folder: string, alive: (owner: Owner) => boolean): readonly JournaledRun[] {
  return journals(folder).filter(({ owner }) => !alive(owner))
}

/** All journals of a folder, those of the living as well. */
export function journals(folder: string): readonly JournaledRun[] {
  return readdirSync(folder)
    .toSorted()
    .filter((name) => name.endsWith('.journal'))
    .flatMap((name) => readJournal(join(folder, name)) ?? [])
}

function readJournal(file: string): JournaledRun | undefined {
  const lines = readLines(file)
  const [head, ...more] = lines.flatMap((line) => ('owner' in line ? [line] : []))
  if (!head) return undefined
  const { run = '', root = '', family = '' } = lines.findLast((line) => 'run' in line) ?? {}
  const entries = lines.flatMap((line) => ('provider' in line ? [line] : []))
  return { file, places: [head, ...more].map(({ place }) => place), owner: head.owner, run, root, family, entries }
}

function readLines(file: string): readonly JournalLine[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    // Removed by its owner in the meantime: it is no longer needed.
    return []
  }
  // A line without its end was being written when the owner died: what it announces was not begun.
  return text
    .split('\n')
    .slice(0, -1)
    .flatMap((line) => parse(line) ?? [])
}

function parse(line: string): JournalLine | undefined {
  try {
    return JSON.parse(line) as JournalLine
  } catch {
    return undefined
  }
}
