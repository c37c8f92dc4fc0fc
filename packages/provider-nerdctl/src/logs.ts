import { statSync, watch } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogLine, LogOptions } from '@moorage/core/provider'
import { FileLines } from './engine/log-file-lines.ts'
import { LOG_STREAMS } from './engine/log-folder.ts'

// containerd keeps the pipes of an ended container open, so nothing marks the end of its output. What is still in a
// pipe is in its file within some milliseconds.
const SETTLE_MS = 150
// A file system without notices is looked at so often.
const POLL_INTERVAL_MS = 100

/** A container's log, as files. */
export interface ContainerLog {
  readonly folder: string
  /** Since when the container has ended, as `performance.now()` told it. */
  endedAt(): number | undefined
}

/**
 * Reads a container's lines, each with the stream that it was written to. Lines that are read together come in the
 * order of their streams, stdout first.
 */
export async function* readLogs(
  { folder, endedAt }: ContainerLog,
  { follow = false, tail, signal }: LogOptions,
): AsyncGenerator<LogLine> {
  if (!follow) await untilSettled(endedAt())
  // Without `follow`, lines that arrive meanwhile do not count: a service that floods would keep the reader for ever.
  const files = LOG_STREAMS.map((stream) => new FileLines(folder, stream, follow ? Infinity : sizeOf(folder, stream)))
  let kept: LogLine[] | undefined = tail === undefined ? undefined : []
  try {
    for (;;) {
      const isComplete = !follow || isSettled(endedAt())
      const changed = follow && !isComplete ? nextChange(folder, signal) : undefined
      for (;;) {
        const parts = await Promise.all(files.map((file) => file.next()))
        const lines = parts.flatMap((part) => part ?? [])
        if (kept && tail !== undefined) kept = [...kept, ...lines].slice(-Math.max(tail, 1))
        else yield* lines
        if (signal?.aborted || parts.every((part) => part === undefined)) break
      }
      const rest = isComplete ? files.flatMap((file) => file.rest()) : []
      if (kept && tail !== undefined) yield* tail > 0 ? [...kept, ...rest].slice(-tail) : []
      else yield* rest
      kept = undefined
      if (isComplete || signal?.aborted) return
      await changed
    }
  } finally {
    for (const file of files) await file.close()
  }
}

function sizeOf(folder: string, stream: LogLine['stream']): number {
  return statSync(join(folder, stream), { throwIfNoEntry: false })?.size ?? 0
}

function isSettled(endedAt: number | undefined): boolean {
  return endedAt !== undefined && performance.now() - endedAt >= SETTLE_MS
}

async function untilSettled(endedAt: number | undefined): Promise<void> {
  if (endedAt !== undefined) await sleep(Math.max(0, endedAt + SETTLE_MS - performance.now()))
}

/** Resolves when a file of the folder has changed since the call, and when the signal aborts. */
function nextChange(folder: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, { persistent: false })
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      watcher.close()
      resolve()
    }
    const timer = setTimeout(done, POLL_INTERVAL_MS)
    watcher.once('change', done).once('error', done)
    signal?.addEventListener('abort', done, { once: true })
    if (signal?.aborted) done()
  })
}
