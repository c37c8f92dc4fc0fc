import type { Program } from './programs.ts'

/** A part of the bed: a set of programs that live and die together, and what they need around them. */
export interface Part {
  name: string
  debianPackages: string[]
  /** Gigabytes of free disk: with an empty cache, with a full one. */
  disk: { cold: number; warm: number }
  /** True when `prepare` has nothing costly left to make. */
  cached: () => Promise<boolean>
  /** How many steps `up` takes to start the part from nothing, as far as can be told before. */
  steps: () => number
  /** Builds what is missing in the cache; when nothing runs, also writes configuration and makes bridges. */
  prepare: (fresh: boolean) => Promise<void>
  /** In start order. */
  programs: () => Program[]
  /** Runs on every `up`, once all programs answer. */
  complete: (fresh: boolean) => Promise<void>
  /** Runs on `down` before the programs stop. */
  empty: () => Promise<void>
  /** Removes what the programs leave when they are stopped or killed: mounts, interfaces, rules, state. */
  sweep: () => Promise<void>
  /** Variables that its users need. */
  env: () => Record<string, string>
  /** Lines for `status`. */
  describe: () => Promise<string[]>
}
