/** What a supervisor's process prints once it has started: it is ready, another one is running, or it failed. */
export type LaunchReport =
  | { readonly status: 'ready' }
  | { readonly status: 'in-use' }
  | { readonly status: 'failed'; readonly reason: string }

/** What the clean-up after a killed supervisor prints. */
export interface RecoveryReport {
  /** How many objects were removed. */
  readonly reaped: number
  /** What could not be removed. */
  readonly failures: readonly string[]
}
