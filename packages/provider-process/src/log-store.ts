import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { LogLine, LogOptions } from '@moorage/core'

// Lines kept per service: the oldest go first.
const MOST = 20_000

/** What a service has said, from its first line on. */
export class LogStore {
  #lines: LogLine[] = []
  #dropped = 0
  #open = 0
  #changed = Promise.withResolvers<void>()

  take(stream: LogLine['stream'], source: Readable): void {
    this.#open += 1
    const lines = createInterface({ input: source, crlfDelay: Infinity })
    lines.on('line', (text) => this.#add({ stream, text }))
    lines.once('close', () => {
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
    if (this.#lines.length > MOST) {
      this.#lines = this.#lines.slice(MOST / 2)
      this.#dropped += MOST / 2
    }
    this.#wake()
  }

  #wake(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
