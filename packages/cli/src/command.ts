import type { ParseArgsConfig } from 'node:util'
import type { Installation } from '@moorage/core'

/** The input of a command. */
export interface Invocation {
  readonly installation: Installation
  readonly options: { readonly [name: string]: string | boolean | undefined }
  /** The positional arguments; for `exec` those after `--`. */
  readonly args: readonly string[]
  /** Path of the config. Throws `MoorageError` (CONFIG_NOT_FOUND) if there is none. */
  configPath(): string
}

/** Options of a command in the form that `parseArgs` takes. */
export type OptionDefinitions = NonNullable<ParseArgsConfig['options']>

export interface Command {
  readonly options: OptionDefinitions
  /** How many positional arguments the command accepts before `--`. */
  readonly maxArgs: number
  /** Everything but options has to stand after `--`. */
  readonly needsDashes?: true
  /** Resolves to the exit code. */
  run(invocation: Invocation): Promise<number>
}
