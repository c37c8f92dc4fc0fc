import type { Duplex } from 'node:stream'

/** The longest message, in characters. A peer that sends a longer line, or one without an end, is disconnected. */
export const MAX_MESSAGE_CHARACTERS: number = 64 * 1024 * 1024

/**
 * Calls `onLine` for each line of a stream, and closes the stream at a line that is too long. Unlike readline, ends a
 * line at `\n` only: JSON does not escape U+2028 and U+2029.
 */
export function onLines(stream: Duplex, onLine: (line: string) => void, maxCharacters: number): void {
  // Parts of an unfinished line. Joining them at its end only keeps a long line from costing quadratic time.
  let parts: string[] = []
  let length = 0
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = text.split('\n')
    const rest = lines.pop() ?? ''
    for (const line of lines) {
      if (length + line.length > maxCharacters) stream.destroy()
      if (stream.destroyed) return
      const whole = parts.length ? parts.join('') + line : line
      parts = []
      length = 0
      onLine(whole)
    }
    length += rest.length
    if (length > maxCharacters) stream.destroy()
    if (stream.destroyed) parts = []
    else if (rest) parts.push(rest)
  })
}
