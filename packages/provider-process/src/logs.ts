import type { Readable } from 'node:stream'
import { cutLine, type LogLine, type LogOptions } from '@moorage/core/provider'

// Lines kept per service: the oldest go first.
const MOST = 20_000

// Characters kept per service.
const MOST_CHARACTERS = 64 * 1024 * 1024

/** What a service has said, from its first line on. */
export class LogStore {
  #lines: LogLine[] = []
  #dropped = 0
  #characters = 0
  #open = 0
  #changed = Promise.withResolvers<void>()

  take(stream: LogLine['stream'], source: Readable): void {
    this.#open += 1
    let rest = ''
    source.setEncoding('utf8').on('data', (text: string) => {
      // A carriage return at the end may have its line feed in the next piece.
      const lines = (rest + text).split(/\r?\n|\r(?!$)/)
      const cut = cutLine(lines.pop() ?? '')
      rest = cut.rest
      for (const line of [...lines, ...cut.pieces]) this.#add({ stream, text: line })
    })
    source.once('close', () => {
      if (rest) this.#add({ stream, text: rest.replace(/\r$/, '') })
      this.#open -= 1
      this.#wake()
    })
  }

  /** Nobody will say anything more, even if a child still holds the pipe. */
  end(): void {
    this.#open = 0
    this.#wake()
  }

  async *read({ follow = false, tail, signal }: LogOptions): AsyncGenerator<LogLine> {
    let next = tail === undefined ? 0 : Math.max(0, this.#lines.length + this.#dropped - tail)
    const stop = (): void => this.#wake()
    signal?.addEventListener('abort', stop, { once: true })
    try {
      while (!signal?.aborted) {
        const line = this.#lines[Math.max(0, next - this.#dropped)]
        next = Math.max(next, this.#dropped)
        if (line) {
          next += 1
          yield line
        } else if (follow && this.#open > 0) await this.#changed.promise
        else return
      }
    } finally {
      signal?.removeEventListener('abort', stop)
    }
  }

  #add(line: LogLine): void {
    this.#lines.push(line)
    this.#characters += line.text.length
    if (this.#lines.length > MOST || this.#characters > MOST_CHARACTERS) {
      const older = this.#lines.splice(0, Math.ceil(this.#lines.length / 2))
      this.#dropped += older.length
      this.#characters -= older.reduce((sum, { text }) => sum + text.length, 0)
    }
    this.#wake()
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
