/** What is kept of an output whose end an error or a report quotes. */
export interface LastLinesLimits {
  readonly lines: number
  /** Characters of one line. A longer line is cut. */
  readonly lineCharacters: number
  /** Characters of all lines. */
  readonly characters: number
}

// 64 KiB fit into a terminal's scrollback and into the log of a CI job.
const DEFAULT_LIMITS: LastLinesLimits = { lines: 50, lineCharacters: 2_000, characters: 64 * 1024 }

interface PartialLine {
  text: string
  cutCharacters: number
}

/** Keeps the last lines of an output of any length. */
export class LastLines {
  readonly #limits: LastLinesLimits
  readonly #lines: string[] = []
  /** The unfinished line of each stream. */
  readonly #partialLines = new Map<string, PartialLine>()
  #characters = 0

  constructor(limits: Partial<LastLinesLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
  }

  /** The kept lines, unfinished ones included. */
  get lines(): readonly string[] {
    return [...this.#lines, ...[...this.#partialLines.values()].map(toLine).filter((line) => line.trim())]
  }

  /** Adds output of a stream, which may begin or end in the middle of a line. */
  addText(stream: string, text: string): void {
    const lines = text.split('\n')
    lines.forEach((line, index) => {
      const { text: begun, cutCharacters } = this.#partialLines.get(stream) ?? { text: '', cutCharacters: 0 }
      const room = Math.max(0, this.#limits.lineCharacters - begun.length)
      const partialLine = {
        text: begun + line.slice(0, room),
        cutCharacters: cutCharacters + Math.max(0, line.length - room),
      }
      this.#partialLines.set(stream, partialLine)
      if (index === lines.length - 1) return
      this.#partialLines.delete(stream)
      this.#push(toLine(partialLine))
    })
  }

  /** Adds a whole line. */
  addLine(line: string): void {
    const { lineCharacters } = this.#limits
    this.#push(
      toLine({ text: line.slice(0, lineCharacters), cutCharacters: Math.max(0, line.length - lineCharacters) }),
    )
  }

  #push(line: string): void {
    this.#lines.push(line)
    this.#characters += line.length
    const { lines, characters } = this.#limits
    while (this.#lines.length > lines || (this.#characters > characters && this.#lines.length > 1))
      this.#characters -= this.#lines.shift()?.length ?? 0
  }
}

function toLine({ text, cutCharacters }: PartialLine): string {
  return cutCharacters ? `${text}… (${cutCharacters} more characters)` : text.replace(/\r$/, '')
}
