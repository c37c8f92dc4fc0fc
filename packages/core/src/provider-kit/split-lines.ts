/** Characters of a line: one that never ends is cut there, or it would be gathered until the supervisor dies of it. */
export const MAX_LINE_CHARACTERS: number = 1024 * 1024

/** What of a line without an end is cut off, in pieces of that length, and what is left to be gathered on. */
export function cutLine(line: string): { readonly pieces: readonly string[]; readonly rest: string } {
  const pieces: string[] = []
  let rest = line
  for (; rest.length > MAX_LINE_CHARACTERS; rest = rest.slice(MAX_LINE_CHARACTERS))
    pieces.push(rest.slice(0, MAX_LINE_CHARACTERS))
  return { pieces, rest }
}
