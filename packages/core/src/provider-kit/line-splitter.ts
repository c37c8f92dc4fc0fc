/** The longest log line. A longer one is split, because a line without an end would fill the supervisor's memory. */
export const MAX_LINE_CHARACTERS: number = 1024 * 1024

/**
 * Splits output that comes in parts into lines. A line ends with a line feed, alone or after a carriage return, or with
 * what `separator` matches. Its time is linear in the length of the output, and it holds one line at most.
 */
export class LineSplitter {
  readonly #separator: RegExp
  // The unfinished line. Its parts are joined once only, at its end.
  #parts: string[] = []
  #length = 0
  /** The line feed after a carriage return at the end of a part may come with the next one. */
  #endsWithReturn = false

  constructor(separator: RegExp = /\r?\n/) {
    this.#separator = separator
  }

  /** The lines that end in this part of the output, and the pieces of one that is too long. */
  add(part: string): readonly string[] {
    let text = this.#endsWithReturn ? `\r${part}` : part
    this.#endsWithReturn = text.endsWith('\r')
    if (this.#endsWithReturn) text = text.slice(0, -1)
    const lines = text.split(this.#separator)
    const unfinished = lines.pop() ?? ''
    if (lines[0] !== undefined) lines[0] = this.#take() + lines[0]
    this.#parts.push(unfinished)
    this.#length += unfinished.length
    if (this.#length <= MAX_LINE_CHARACTERS) return lines
    let rest = this.#take()
    for (; rest.length > MAX_LINE_CHARACTERS; rest = rest.slice(MAX_LINE_CHARACTERS))
      lines.push(rest.slice(0, MAX_LINE_CHARACTERS))
    this.#parts = [rest]
    this.#length = rest.length
    return lines
  }

  /** The line that the output does not end; an empty text if there is none. */
  get rest(): string {
    return this.#parts.join('')
  }

  #take(): string {
    const text = this.rest
    this.#parts = []
    this.#length = 0
    return text
  }
}
