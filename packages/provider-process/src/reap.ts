import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Json, ReapedObject, ReapScope } from '@moorage/core/provider'
import { endMarkedProcesses, findMarkedProcesses } from './labels.ts'

type JournalEntry =
  /** `unit` is the unit's mark. */
  | { readonly kind: 'unit'; readonly unit: string; readonly stopSignal: NodeJS.Signals }
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
      const { unit: mark, stopSignal } = entry
      const pids = dry
        ? findMarkedProcesses(mark)
        : await endMarkedProcesses(mark, { stopSignal, graceMs: STOP_GRACE_MS })
      reaped.push(...pids.map((pid) => ({ kind: 'process', id: String(pid), run })))
    }
    for (const entry of knownEntries) {
      if (entry.kind !== 'folder' || !isRunFolder(entry.path, run) || !existsSync(entry.path)) continue
      if (!dry) await rm(entry.path, { recursive: true, force: true, maxRetries: 3 })
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
