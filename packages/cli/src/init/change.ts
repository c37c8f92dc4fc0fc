/** A file that `moorage init` creates or edits. */
export interface Change {
  /** Absolute path. */
  readonly path: string
  /** Its text now; undefined if there is no such file. */
  readonly before: string | undefined
  readonly after: string
}

/** What `moorage init` wants for one file. */
export type Proposal =
  | { readonly kind: 'change'; readonly change: Change }
  /** The file has what it needs. */
  | { readonly kind: 'unchanged'; readonly path: string }
  /** The file exists and differs; only --force replaces it. */
  | { readonly kind: 'kept'; readonly path: string; readonly reason: string }
  /** An edit that only the user can make safely. */
  | { readonly kind: 'manual'; readonly path: string; readonly reason: string; readonly lines: readonly string[] }
