import type { Json, ReapedObject, ReapScope, Run } from '@moorage/core'

/** How a foreign object looks like one of ours. */
export type Lie = 'nothing' | 'the name' | 'the run' | 'no owner' | 'an owner elsewhere' | 'a living owner'

export const LIES: readonly Lie[] = [
  'nothing',
  'the name',
  'the run',
  'no owner',
  'an owner elsewhere',
  'a living owner',
]

export interface Foreign {
  readonly lie: Lie
  /** The run that it looks like it belonged to, and whether that lives. */
  readonly like: Run
  readonly lives: boolean
  /** Somebody on this machine who lives for as long as the world does. */
  readonly neighbour: Run['owner']
}

/** An engine in memory behind a provider's own reap code. */
export interface Engine {
  /** Makes a run's objects as its provider does. Gives what stands in the journal. */
  make(run: Run): readonly Json[]
  /** Somebody else's. Gives its id, or undefined where its name is taken. */
  addForeign(foreign: Foreign): string | undefined
  ids(): readonly string[]
  idsOf(run: Run): readonly string[]
  /** An orderly end. */
  remove(run: Run): void
  reap(scope: ReapScope, signal: AbortSignal): Promise<readonly ReapedObject[]>
  /** So many deletions fail from now on. */
  refuse(count: number): void
  /** Before the next deletion another object takes that name; `replaced` are those. */
  replaceNext?(): void
  readonly replaced?: readonly string[]
  /** An hour goes by; only these runs' heartbeats have come. */
  later(living: readonly Run[]): void
  /** What has no journal and no owner on this machine goes by the engine's own clock. */
  readonly expires: boolean
  close?(): void
}

/** Counts refusals down. */
export class Refusals {
  count = 0

  next(): boolean {
    if (this.count === 0) return false
    this.count -= 1
    return true
  }
}
