import type { Phase } from './service.ts'

/** What a run tells its clients while it goes on; plain data. */
export type Progress =
  | { readonly kind: 'provider'; readonly name: string; readonly reason: string }
  | { readonly kind: 'phase'; readonly service: string; readonly phase: Phase; readonly detail?: string }
  | {
      readonly kind: 'ready'
      readonly service: string
      readonly url?: string
      readonly ms: number
      readonly given?: boolean
    }
  | ({ readonly kind: 'exited' } & EndedService)
  /** The start failed, by this service where one is to blame. */
  | { readonly kind: 'failed'; readonly service?: string; readonly text: string; readonly logs: readonly string[] }
  | { readonly kind: 'notice'; readonly text: string }

/** A service that ended while it was needed. */
export interface EndedService {
  readonly service: string
  readonly reason: string
  readonly logs: readonly string[]
}

export type ProgressListener = (progress: Progress) => void
