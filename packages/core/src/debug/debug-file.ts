import { closeSync, fstatSync, openSync, readdirSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setDebugSink } from '../provider-kit/debug-log.ts'
import { debugFile } from './enabled-areas.ts'
import { Redactor } from './redaction.ts'

export interface DebugFileOptions {
  readonly areas: ReadonlySet<string>
  /** Stands in each line, beside the process id. */
  readonly role: 'runner' | 'supervisor'
  /** Default: 64 MiB. */
  readonly maxBytes?: number
}

const MAX_BYTES = 64 * 1024 * 1024
// In one folder, the current one included.
const MAX_FILES = 20

// For the whole process: a secret of one run appears in no file of a later one either.
const redactor = new Redactor()
let descriptor: number | undefined

/**
 * Writes the debug log of this process to the file beside a supervisor's log, until the next call. The runner and the
 * supervisor of a run append to the same file. It stays when the run ends; a folder keeps the newest 20.
 *
 * A file that cannot be written, or that is full, ends the log and not the run.
 */
export function startDebugFile(log: string, options: DebugFileOptions): void {
  const { areas, role, maxBytes = MAX_BYTES } = options
  stop()
  descriptor = openFile(debugFile(log), maxBytes)
  setDebugSink({
    areas,
    hide: (values) => redactor.hide(values),
    moveTo: (next) => startDebugFile(next, options),
    write(area, event, fields) {
      if (descriptor === undefined) return
      const prefix = { time: new Date().toISOString(), pid: process.pid, role, area }
      append(`${redactor.line({ ...prefix, event, ...fields, ...prefix })}\n`, maxBytes)
    },
  })
}

function openFile(file: string, maxBytes: number): number | undefined {
  try {
    // A file that is half full makes room for this run.
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > maxBytes / 2)
      renameSync(file, file.replace(/\.jsonl$/, '.old.jsonl'))
    removeOldFiles(dirname(file), basename(file))
    return openSync(file, 'a', 0o600)
  } catch {
    return undefined
  }
}

function append(line: string, maxBytes: number): void {
  if (descriptor === undefined) return
  try {
    const full = fstatSync(descriptor).size + Buffer.byteLength(line) > maxBytes
    writeSync(descriptor, full ? `${JSON.stringify({ pid: process.pid, event: 'full', maxBytes })}\n` : line)
    if (full) stop()
  } catch {
    stop()
  }
}

function stop(): void {
  if (descriptor !== undefined) closeSync(descriptor)
  descriptor = undefined
}

function removeOldFiles(folder: string, current: string): void {
  const old = readdirSync(folder)
    .filter((name) => /\.debug(\.old)?\.jsonl$/.test(name) && name !== current)
    .map((name) => ({ name, modified: statSync(join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .toSorted((a, b) => b.modified - a.modified)
  for (const { name } of old.slice(MAX_FILES - 1)) rmSync(join(folder, name), { force: true })
}
