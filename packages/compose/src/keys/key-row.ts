import type { Json } from '@moorage/core'

/** What moorage does with a key: honours it, goes on without it and says so, or starts nothing. */
export type Treatment = 'mapped' | 'warned' | 'refused'

/** What moorage does with one key of the Compose Specification. */
export interface KeyRow {
  /** The path of the key. `*` stands for a name of the user's, `[]` for an item of a list. */
  readonly key: string
  readonly treatment: Treatment
  /** What it becomes, or why it has no effect, or why it is refused. */
  readonly note: string
  /** What to write instead. */
  readonly alternative?: string
  /** Values with which a key that is warned about or refused changes nothing. */
  readonly harmless?: readonly Json[]
  /** The keys below it are names of the user's. */
  readonly open?: true
}

interface Without {
  readonly alternative: string
  readonly harmless?: readonly Json[]
}

export function mapped(key: string, note: string): KeyRow {
  return { key, treatment: 'mapped', note }
}

/** A map with names of the user's. */
export function open(key: string, note: string): KeyRow {
  return { key, treatment: 'mapped', note, open: true }
}

export function warned(key: string, note: string, { alternative, harmless = [] }: Without): KeyRow {
  return { key, treatment: 'warned', note, alternative, harmless }
}

export function refused(key: string, note: string, { alternative, harmless = [] }: Without): KeyRow {
  return { key, treatment: 'refused', note, alternative, harmless }
}
