import type { Provider, UnitSpec } from '@moorage/core'

/** What an implementer brings: services of his kind, as data, and a look at what his engine holds. */
export interface Subject {
  readonly name: string
  readonly provider: Provider
  readonly units: Units
  /** Everything that the engine shows: compared before and after each test. */
  leftovers(): Promise<readonly string[]>
  /** Where an engine accepts a removal before it is done: also what is still going. Compared before and after the suite. */
  remains?(): Promise<readonly string[]>
  /** Milliseconds within which an end is seen. Default: 1000. */
  readonly exitWithin?: number
  /** SIGKILL to a service's main process, from outside of moorage. */
  kill(run: string, service: string): Promise<void>
  /** Why it cannot be tried here, if so. */
  readonly missing?: string | undefined
}

export type Form = Pick<UnitSpec, 'container' | 'process'>

export interface Units {
  /** Listens on its main port and echoes; writes `listening` to stdout and `warned` to stderr. */
  echo(port: number): Form
  /** Writes `out`, a line of 100,000 `x`, and `last` without a newline; ends with code 0. */
  talk: Form
  /** Writes `broken` to stderr and ends at once with code 3. */
  crash: Form
  /** Runs, and never opens its port. */
  mute: Form
  /** Names an image, or a program, that does not exist; `code` and `text` of the error that it must give. */
  missing: Form & { readonly code: string; readonly text: RegExp }
  /** Command lines inside the echo unit. */
  commands: {
    readonly succeeds: readonly string[]
    readonly fails: readonly string[]
    readonly absent: readonly string[]
    connects(host: string, port: number): readonly string[]
  }
  /** Whether its logs tell stdout from stderr. */
  readonly toldApart: boolean
}
