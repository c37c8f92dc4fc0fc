/** One sort of thing that can be left behind. Items are told apart by a readable identity. */
export interface Kind {
  readonly name: string
  take(): Promise<readonly string[]>
}

/** What is left out, by name and never by label, and why. */
export interface Exclusion {
  readonly kind: string
  readonly pattern: RegExp
  readonly why: string
}
