/** One kind of object that can be left behind. A readable identity distinguishes the items. */
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
