import type { Readable } from 'node:stream'
import { LineSplitter, type LogLine, type LogOptions } from '@moorage/core/provider'

// Per service. Beyond either limit, the older half of the lines is dropped.
const MAX_LINES = 20_000
const MAX_CHARACTERS = 64 * 1024 * 1024

/** The output of a service, in memory. */
export class LogBuffer {
  #lines: LogLine[] = []
  #droppedLines = 0
  #characters = 0
  #openSources = 0
  #change = Promise.withResolvers<void>()

  /** Index of the oldest line that is still here. The first line ever written has the index 0. */
  get firstIndex(): number {
    return this.#droppedLines
  }

  /** Index behind the newest line. */
  get endIndex(): number {
    return this.#droppedLines + this.#lines.length
  }

  /** Whether more lines may follow. */
  get isOpen(): boolean {
    return this.#openSources > 0
  }

  /** Resolves at the next new line, at the end of a source, and at `wakeReaders`. */
  get changed(): Promise<void> {
    return this.#change.promise
  }

  lineAt(index: number): LogLine | undefined {
    return this.#lines[index - this.#droppedLines]
  }

  addSource(stream: LogLine['stream'], source: Readable): void {
    this.#openSources += 1
    // A progress bar ends its lines with a carriage return.
    const splitter = new LineSplitter(/\r?\n|\r/)
    source.setEncoding('utf8').on('data', (part: string) => {
      for (const text of splitter.add(part)) this.#add({ stream, text })
    })
    source.once('close', () => {
      if (splitter.rest) this.#add({ stream, text: splitter.rest })
      this.#openSources -= 1
      this.wakeReaders()
    })
  }

  /** No more lines follow, even if a child process still holds the pipe. */
  end(): void {
    this.#openSources = 0
    this.wakeReaders()
  }

  /** Drops all lines after the service was stopped. */
  clear(): void {
    this.#droppedLines = this.endIndex
    this.#lines = []
    this.#characters = 0
    this.end()
  }

  wakeReaders(): void {
    this.#change.resolve()
    this.#change = Promise.withResolvers()
  }

  #add(line: LogLine): void {
    this.#lines.push(line)
    this.#characters += line.text.length
    if (this.#lines.length > MAX_LINES || this.#characters > MAX_CHARACTERS) {
      const dropped = this.#lines.splice(0, Math.ceil(this.#lines.length / 2))
      this.#droppedLines += dropped.length
      this.#characters -= dropped.reduce((sum, { text }) => sum + text.length, 0)
    }
    this.wakeReaders()
  }
}

/** Reads a service's lines, each with the stream that it was written to. */
export async function* readLogs(
  buffer: LogBuffer,
  { follow = false, tail, signal }: LogOptions,
): AsyncGenerator<LogLine> {
  let index = Math.max(tail === undefined ? 0 : buffer.endIndex - tail, buffer.firstIndex)
  // Without `follow`, lines that arrive meanwhile do not count: a service that floods would keep the reader for ever.
  const end = follow ? Number.POSITIVE_INFINITY : buffer.endIndex
  const onAbort = (): void => buffer.wakeReaders()
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    while (!signal?.aborted && index < end) {
      const dropped = buffer.firstIndex - index
      if (dropped > 0) {
        index = buffer.firstIndex
        yield { stream: 'stderr', text: `moorage: ${dropped} lines are missing here. They were not read in time.` }
        continue
      }
      const line = buffer.lineAt(index)
      if (line) {
        index += 1
        yield line
      } else if (follow && buffer.isOpen) await buffer.changed
      else return
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
  }
}
