import type { Command, OptionDefinition } from '../command.ts'
import { COMMON_OPTIONS } from '../command-parser.ts'

/** Prints the services of the config, for the completion scripts. */
export const LIST_SERVICES = 'moorage ls --services 2>/dev/null'

/** The options of a command with those that every command has. */
export function optionsOf({ options }: Command): readonly (readonly [name: string, definition: OptionDefinition])[] {
  return Object.entries({ ...options, ...COMMON_OPTIONS, help: { short: 'h', summary: 'print the help' } })
}

/** The words that the arguments of a command can be. */
export function argumentChoices({ args = [] }: Command): readonly string[] {
  return args.flatMap(({ choices = [] }) => choices)
}

/** Whether an argument of a command is a service. */
export function takesService({ args = [] }: Command): boolean {
  return args.some(({ completes }) => completes === 'services')
}
