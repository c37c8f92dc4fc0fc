import { argumentTerm, optionTerm, synopsis, type Command } from './command.ts'
import { Parser, ParserOption } from './vendor/commander.ts'

/** Called with the options and arguments of the command that the user chose. */
export type OnCommand = (command: Command, words: ParsedWords) => void

export interface ParsedWords {
  readonly options: { readonly [name: string]: string | boolean | undefined }
  readonly args: readonly string[]
}

/** Options that every command has. */
export const COMMON_OPTIONS: NonNullable<Command['options']> = {
  config: { short: 'c', value: 'file', summary: 'the config (default: moorage.config.ts here or in a folder above)' },
}

const NOTES = `A config is searched for in the current folder and above it, up to the root of the workspace.
Exit codes: 0 on success, 1 on failure, 2 for a wrong command line or config. 'exec' returns the exit code
of its command, 127 if there is no such command, or 130 or 143 if Ctrl-C or SIGTERM ended it.`

/**
 * The parser of the whole command line. It throws `CommanderError` for wrong input, and after it has printed a help.
 */
export function createParser(commands: readonly Command[], version: string, onCommand: OnCommand): Parser {
  const program = new Parser('moorage')
    .usage('<command> [options]')
    .version(version, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print this help, or that of a command')
    .helpCommand(false)
    .addHelpText('after', `\n${NOTES}`)
    .configureHelp({ subcommandTerm: (parser) => `${parser.name()}${parser.usage().replace('[options]', '')}` })
    // The message of an error is in what is thrown.
    .configureOutput({ writeErr: () => {} })
    .exitOverride()
  for (const command of commands) addCommand(program, command, onCommand)
  return program
}

function addCommand(program: Parser, command: Command, onCommand: OnCommand): void {
  const options = { ...command.options, ...COMMON_OPTIONS }
  const parser = program
    .command(command.name)
    .summary(command.summary)
    .description(command.description.replaceAll('`', ''))
    .usage(synopsis(command).replace(command.name, '[options]'))
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', `\nExample:\n  ${command.example[0]}\n      ${command.example[1]}`)
  for (const [name, definition] of Object.entries(options)) {
    const option = new ParserOption(optionTerm(name, definition), definition.summary)
    parser.addOption(definition.choices ? option.choices(definition.choices) : option)
  }
  for (const argument of command.args ?? []) {
    const created = parser.createArgument(argumentTerm(argument), argument.summary)
    // The words after -- do not pass through the parser.
    if (command.takesCommandLine) created.argOptional()
    parser.addArgument(argument.choices ? created.choices(argument.choices) : created)
  }
  parser.action(() => {
    const values = parser.opts<ParsedWords['options']>()
    const given = Object.keys(options).map((name) => [name, values[toAttribute(name)]] as const)
    onCommand(command, { options: Object.fromEntries(given), args: parser.args })
  })
}

/** The parser's key of an option: `dryRun` of `dry-run`. */
function toAttribute(name: string): string {
  return new ParserOption(`--${name}`).attributeName()
}
