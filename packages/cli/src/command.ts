import type { Installation } from '@moorage/core'

/** A command as users see it. The parser, the help, the completions and docs/cli.md are made from it. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** Sentences for the help of the command and for docs/cli.md, in Markdown. */
  readonly description: string
  readonly args?: readonly Argument[]
  /** The arguments are a command line of their own, and stand after `--`. */
  readonly takesCommandLine?: true
  /** By name, without dashes. Each command also has `--config` and `--help`. */
  readonly options?: { readonly [name: string]: OptionDefinition }
  /** A command line with what it does. */
  readonly example: readonly [commandLine: string, effect: string]
  /** Imports what runs the command, so that the help and other commands do not load it. */
  load(): Promise<Action>
}

/** Runs a command, and resolves to its exit code. */
export type Action = (invocation: Invocation) => Promise<number>

export interface Argument {
  readonly name: string
  readonly summary: string
  readonly required?: true
  /** Takes all further words. */
  readonly variadic?: true
  /** The words that it accepts. Default: any. */
  readonly choices?: readonly string[]
  /** What completions offer. */
  readonly completes?: 'services'
}

export interface OptionDefinition {
  readonly summary: string
  /** One letter. */
  readonly short?: string
  /** The placeholder of the option's value. Default: the option is a flag. */
  readonly value?: string
  /** The values that it accepts. Default: any. */
  readonly choices?: readonly string[]
}

/** The input of a command. */
export interface Invocation {
  readonly installation: Installation
  /** Of moorage. */
  readonly version: string
  /** All commands. */
  readonly commands: readonly Command[]
  /** By name, without dashes. Options that were not given are undefined. */
  readonly options: { readonly [name: string]: string | boolean | undefined }
  /** The arguments; of a command that takes a command line, what stands after `--`. */
  readonly args: readonly string[]
  /** Path of the config. Throws `MoorageError` (CONFIG_NOT_FOUND) if there is none. */
  configPath(): string
}

/** `exec -- <command...>`: a command with its arguments, as usages show it. */
export function synopsis({ name, args = [], takesCommandLine }: Command): string {
  return [name, ...(takesCommandLine ? ['--'] : []), ...args.map(argumentTerm)].join(' ')
}

/** `<service>`, `[service...]`. */
export function argumentTerm({ name, required, variadic }: Argument): string {
  const text = `${name}${variadic ? '...' : ''}`
  return required ? `<${text}>` : `[${text}]`
}

/** `-n, --lines <count>`. */
export function optionTerm(name: string, { short, value }: OptionDefinition): string {
  return `${short ? `-${short}, ` : ''}--${name}${value ? ` <${value}>` : ''}`
}
