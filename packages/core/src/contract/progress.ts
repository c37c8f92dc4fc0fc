import type { Phase } from './service.ts'

/** An event of a run, as plain data. */
export type Progress =
  /** A provider was chosen. */
  | { readonly kind: 'provider'; readonly name: string; readonly reason: string }
  /** A service entered a phase, or made progress within it. */
  | { readonly kind: 'phase'; readonly service: string; readonly phase: Phase; readonly detail?: string }
  /** A service became ready after `ms` milliseconds. */
  | {
      readonly kind: 'ready'
      readonly service: string
      /** Without a password. */
      readonly url?: string
      readonly ms: number
      /** The variable with the URL of a service that the user runs. */
      readonly given?: string
      /** The compose project of the user's that its container belongs to. */
      readonly composeProject?: string
      /** It ran before, in the run that was joined. */
      readonly joined?: true
    }
  /** A service ended after it was ready. */
  | ({ readonly kind: 'exited' } & EndedService)
  /** The start failed; `service` is set if one service caused the failure. */
  | { readonly kind: 'failed'; readonly service?: string; readonly text: string; readonly logs: readonly string[] }
  /** A line for the user. */
  | { readonly kind: 'notice'; readonly text: string }

/** A service that ended while it was in use. */
export interface EndedService {
  readonly service: string
  /** How it ended, such as `ended with exit code 1`. */
  readonly reason: string
  /** Its last log lines. */
  readonly logs: readonly string[]
}

/** Receives the events of a run. */
export type ProgressListener = (progress: Progress) => void
