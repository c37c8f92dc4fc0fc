/** The longest log line. A longer one is split, because a line without an end would fill the supervisor's memory. */
export const MAX_LINE_CHARACTERS: number = 1024 * 1024

/** Splits an unfinished line into pieces of the greatest length and the rest, to which further text is appended. */
export function cutLine(line: string): { readonly pieces: readonly string[]; readonly rest: string } {
  const pieces: string[] = []
  let rest = line
  for (; rest.length > MAX_LINE_CHARACTERS; rest = rest.slice(MAX_LINE_CHARACTERS))
    pieces.push(rest.slice(0, MAX_LINE_CHARACTERS))
  return { pieces, rest }
}
