import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import {
  findMarkedProcesses,
  killMarkedProcesses,
  signalMarkedProcesses,
  waitForMarkedProcesses,
  type Json,
  type ReapedObject,
  type ReapScope,
} from '@moorage/core/provider'
import { removeFolder } from './system/service-folders.ts'

type JournalEntry =
  /** `unit` and `lockLimit` are the mark of a service or a seed. */
  | {
      readonly kind: 'unit'
      readonly unit: string
      readonly lockLimit?: number
      readonly stopSignal: NodeJS.Signals
    }
  | { readonly kind: 'folder'; readonly path: string }

// The watchers have already ended nearly all processes.
const STOP_GRACE_MS = 2_000

/** Ends the processes and removes the folders that the journals of dead owners name. Leaves everything else alone. */
export async function reap({ journals, dry = false }: ReapScope): Promise<readonly ReapedObject[]> {
  const reaped: ReapedObject[] = []
  for (const { run, entries } of journals) {
    const knownEntries = entries.filter(isJournalEntry)
    for (const entry of knownEntries) {
      if (entry.kind !== 'unit') continue
      // An earlier version wrote no limit, and no process has the limit -1.
      const mark = { id: entry.unit, lockLimit: entry.lockLimit ?? -1 }
      const pids = dry ? findMarkedProcesses(mark) : signalMarkedProcesses(mark, entry.stopSignal)
      if (!dry) {
        await waitForMarkedProcesses(mark, STOP_GRACE_MS)
        await killMarkedProcesses(mark)
      }
      reaped.push(...pids.map((pid) => ({ kind: 'process', id: String(pid), run })))
    }
    for (const entry of knownEntries) {
      if (entry.kind !== 'folder' || !isRunFolder(entry.path, run) || !existsSync(entry.path)) continue
      if (!dry) await removeFolder(entry.path)
      reaped.push({ kind: 'folder', id: entry.path, run })
    }
  }
  return reaped
}

function isJournalEntry(entry: Json): entry is JournalEntry {
  const { kind } = entry as { kind?: unknown }
  return kind === 'unit' || kind === 'folder'
}

// Any program of this user could have written the journal, so a path in it is no proof that the folder is moorage's.
function isRunFolder(path: string, run: string): boolean {
  return run !== '' && basename(path).startsWith(`moorage-${run}-`)
}
