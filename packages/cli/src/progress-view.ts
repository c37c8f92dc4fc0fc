import type { ProgressListener } from '@moorage/core'
import { inCi, progressPrinter } from '@moorage/core/runner'
import { LiveTable } from './live-table.ts'

export interface ProgressView {
  readonly onProgress: ProgressListener
  /** Leaves the last state on the screen. */
  end(): void
}

/** Shows the progress of a start: a table that is redrawn in place on a terminal, else a line for each event. */
export function progressView(stream: NodeJS.WriteStream): ProgressView {
  const isLive = stream.isTTY && !inCi(process.env) && process.env['TERM'] !== 'dumb'
  if (!isLive) return { onProgress: progressPrinter(stream), end: () => {} }
  const table = new LiveTable(stream)
  return { onProgress: (progress) => table.show(progress), end: () => table.end() }
}
