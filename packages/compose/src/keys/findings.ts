import { MoorageError } from '@moorage/core'
import { showPosition } from '../yaml/format-position.ts'
import type { Position } from '../yaml/tree.ts'

/** Something in a compose file that moorage does not do, or not as it is written. */
export interface Finding {
  readonly severity: 'warned' | 'refused'
  readonly at: Position
  /** The path of the key, such as `services.web.uts`. */
  readonly key: string
  readonly reason: string
  /** What to do instead, as a sentence. */
  readonly alternative: string
}

/** Collects what a project cannot have, so that a message lists all of it. */
export class Findings {
  readonly #all: Finding[] = []

  get all(): readonly Finding[] {
    return this.#all
  }

  add(finding: Finding): void {
    const same = (other: Finding): boolean => showFinding(other) === showFinding(finding)
    if (!this.#all.some(same)) this.#all.push(finding)
  }

  get warnings(): readonly string[] {
    return this.#all.filter(({ severity }) => severity === 'warned').map(showFinding)
  }

  /** Throws `MoorageError` (CONFIG_INVALID) that lists everything that is refused. */
  throwRefused(): void {
    const refused = this.#all.filter(({ severity }) => severity === 'refused')
    const [first] = refused
    if (!first) return
    if (refused.length === 1) {
      const { at, key, reason, alternative } = first
      throw new MoorageError('CONFIG_INVALID', `${showPosition(at)}: ${key}: ${reason}.`, { hint: alternative })
    }
    const lines = refused.map((finding) => `  ${showFinding(finding)}`)
    throw new MoorageError('CONFIG_INVALID', `The compose file has ${refused.length} problems:\n${lines.join('\n')}`)
  }
}

/** A finding in one line. */
export function showFinding({ at, key, reason, alternative }: Finding): string {
  return `${showPosition(at)}: ${key}: ${reason}. ${alternative}`
}
