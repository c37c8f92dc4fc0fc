import type { ContainerSettings, Provider, UnitSpec } from '@moorage/core/provider'

/** What the author of a provider brings: units of its form, as data, and a view of what its engine holds. */
export interface ProviderSubject {
  /** Stands in the titles of the tests. */
  readonly name: string
  readonly provider: Provider
  readonly units: ContractUnits
  /** Everything that the engine holds for moorage. The suite compares it before and after each test. */
  leftovers(): Promise<readonly string[]>
  /**
   * For engines that accept a removal before it is done: what is still being removed, too. Compared before and after
   * the suite.
   */
  removals?(): Promise<readonly string[]>
  /** Milliseconds within which the end of a unit is seen. Default: 1000. */
  readonly exitWithinMs?: number
  /** Sends SIGKILL to a unit's main process from outside of moorage. */
  kill(run: string, service: string): Promise<void>
  /**
   * Settings of containers that the engine of this machine may be unable to honour. Its refusal must name the setting.
   * Default: none.
   */
  readonly mayLack?: readonly (keyof ContainerSettings)[]
  /** Why the engine cannot be used here; the suite is skipped and its title gives the reason. Default: it can. */
  readonly skipReason?: string | undefined
}

export type UnitForm = Pick<UnitSpec, 'container' | 'process'>

export interface ContractUnits {
  /** Listens on its main port and echoes; writes `listening` to stdout and `warned` to stderr. */
  echo(port: number): UnitForm
  /** Writes `out`, a line of 100,000 `x`, and `last` without a newline; ends with code 0. */
  readonly output: UnitForm
  /** Writes `broken` to stderr and ends at once with code 3. */
  readonly crash: UnitForm
  /** Runs, and never opens its port. */
  readonly silent: UnitForm
  /** Names an image, or a program, that does not exist; `code` and `text` of the error that `start` throws. */
  readonly absent: UnitForm & { readonly code: string; readonly text: RegExp }
  /** Command lines inside the echo unit. Without them the suite skips what needs `Unit.exec`. */
  readonly commands?: ContractCommands
  /** Whether its logs tell stdout from stderr. */
  readonly separatesStreams: boolean
}

export interface ContractCommands {
  /** Writes `to out` to stdout and `to err` to stderr; ends with code 0. */
  readonly succeeds: readonly string[]
  /** Ends with code 7. */
  readonly fails: readonly string[]
  /** Names a program that does not exist. */
  readonly absent: readonly string[]
  /** Writes to stdout without end. */
  readonly floods?: readonly string[]
  /**
   * The echo unit's image has BusyBox or alike, and its command ends with a script for `sh`. With that, the suite tests
   * the settings of containers.
   */
  readonly shell?: true
  /** Sends `ping` to an address and writes the answer to stdout. */
  connects(host: string, port: number): readonly string[]
}
