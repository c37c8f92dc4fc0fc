import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Json, ReapedObject, ReapScope } from '@moorage/core/provider'
import { endMarked, markedPids } from './labels.ts'

type Entry =
  | { readonly kind: 'unit'; readonly unit: string; readonly stopSignal: NodeJS.Signals }
  | { readonly kind: 'folder'; readonly path: string }

// Milliseconds: the watcher has ended nearly all already.
const GRACE = 2_000

/** Ends and removes what the journals of dead supervisors name; nothing else is looked at. */
export async function reap({ journals, dry = false }: ReapScope): Promise<readonly ReapedObject[]> {
  const reaped: ReapedObject[] = []
  for (const { run, entries } of journals) {
    const known = entries.filter(isEntry)
    for (const entry of known) {
      if (entry.kind !== 'unit') continue
      const pids = dry ? markedPids(entry.unit) : await endMarked(entry.unit, entry.stopSignal, GRACE)
      reaped.push(...pids.map((pid) => ({ kind: 'process', id: String(pid), run })))
    }
    for (const entry of known) {
      if (entry.kind !== 'folder' || !ours(entry.path, run) || !existsSync(entry.path)) continue
      if (!dry) await rm(entry.path, { recursive: true, force: true, maxRetries: 3 })
      reaped.push({ kind: 'folder', id: entry.path, run })
    }
  }
  return reaped
}

function isEntry(entry: Json): entry is Entry {
  const { kind } = entry as { kind?: unknown }
  return kind === 'unit' || kind === 'folder'
}

// A journal is a file that anybody with our rights could have written: it cannot name just any folder.
function ours(path: string, run: string): boolean {
  return run !== '' && basename(path).startsWith(`moorage-${run}-`)
}
