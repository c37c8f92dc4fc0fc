/** Characters of a line: one that never ends is cut there, or it would be gathered until the supervisor dies of it. */
export const LONGEST_LINE: number = 1024 * 1024
