import type { OptionDefinition } from './command.ts'

/** Options of the commands that print a run as data. */
export const FORMAT_OPTIONS: { readonly [name: string]: OptionDefinition } = {
  json: { summary: 'print the data as JSON' },
  env: { summary: 'print lines that export the variables of tests, passwords included' },
}
