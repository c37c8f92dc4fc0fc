import type { Phase } from '../service.ts'

/** What a run tells its clients while it goes on; plain data. */
export type Progress =
  | { readonly kind: 'provider'; readonly name: string; readonly reason: string }
  | { readonly kind: 'phase'; readonly service: string; readonly phase: Phase; readonly detail?: string }
  | { readonly kind: 'ready'; readonly service: string; readonly url?: string; readonly ms: number; readonly given?: boolean }
  | { readonly kind: 'exited'; readonly service: string; readonly reason: string; readonly logs: readonly string[] }
  | { readonly kind: 'notice'; readonly text: string }

export type Tell = (progress: Progress) => void
