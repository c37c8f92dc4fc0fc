import type { AnyConfig, CheckResult, EnvVariables, Installation } from '@moorage/core'
import type { Plan } from '@moorage/core/runner'

/** Where a check stands in the output. A provider has a group of its name. */
export interface CheckPlace {
  readonly group: string
  /** In kebab case. */
  readonly name: string
}

/** A result of a check, in its place. */
export interface Finding extends CheckResult, CheckPlace {
  /** Whether a problem here means that no run can start. Default: true. */
  readonly blocks?: false
}

/** The config of the current folder, as far as it can be used. */
export interface ConfigState {
  /** Undefined if there is none, or if the search failed. */
  readonly path?: string
  readonly config?: AnyConfig
  readonly plan?: Plan
}

/** What every check of the command line may use. */
export interface DoctorContext extends ConfigState {
  readonly installation: Installation
  readonly version: string
  readonly env: EnvVariables
  /** The project: the folder of the config, else the current folder. */
  readonly root: string
}

/** A check in its place. The signal aborts when its time is up. */
export interface PlacedCheck extends CheckPlace {
  run(signal: AbortSignal): readonly CheckResult[] | Promise<readonly CheckResult[]>
  /** Milliseconds. Default: 10,000. */
  readonly timeoutMs?: number
  readonly blocks?: false
}
