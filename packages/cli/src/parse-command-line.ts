import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { MoorageError } from '@moorage/core'
import { findConfig } from '@moorage/core/runner'
import { synopsis, type Command, type Invocation } from './command.ts'
import { COMMON_OPTIONS, createParser, type ParsedWords } from './command-parser.ts'
import { CommanderError, type Parser } from './vendor/commander.ts'

export interface ParsedCommandLine {
  readonly command: Command
  readonly input: Omit<Invocation, 'commands' | 'installation' | 'version'>
}

/**
 * Parses a command line. Prints the help or the version if the user asks for them, and returns undefined. Throws
 * `MoorageError` (USAGE) for an unknown command or option, and for a wrong number of arguments.
 */
export function parseCommandLine(
  words: readonly string[],
  commands: readonly Command[],
  version: string,
): ParsedCommandLine | undefined {
  let parsed: ParsedCommandLine | undefined
  const named = commands.find(({ name }) => name === words[0])
  const dashes = named?.takesCommandLine ? words.indexOf('--') : -1
  const own = dashes < 0 ? words : words.slice(0, dashes)
  if (named?.takesCommandLine && dashes < 0) rejectMissingDashes(named, words.slice(1))
  const parser = createParser(commands, version, (command, { options, args }) => {
    const input = command.takesCommandLine ? words.slice(own.length + 1) : args
    parsed = { command, input: { options, args: input, configPath: () => configPath(options) } }
    if (command.takesCommandLine && args.length) rejectWordsBeforeDashes(command, args)
  })
  try {
    parser.parse([...argumentsToParse(own, commands)], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode) throw usageError(error, named, parser)
  }
  return parsed
}

/** Prints the usage of all commands. */
export function printUsage(commands: readonly Command[], version: string): void {
  createParser(commands, version, () => {}).outputHelp()
}

/** `help up` is `up --help`. The help for an unknown command is an error. */
function argumentsToParse(words: readonly string[], commands: readonly Command[]): readonly string[] {
  const [first = '', ...rest] = words
  if (first === 'help') return rest.length ? argumentsToParse([...rest, '--help'], commands) : ['--help']
  return first.startsWith('-') || commands.some(({ name }) => name === first) ? words : [first]
}

function usageError({ message, cause }: CommanderError, named: Command | undefined, parser: Parser): MoorageError {
  const [text = '', suggestion = ''] = message.replace(/^error: /, '').split('\n')
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}`.replace(/\.?$/, '.')
  const meant = suggestion.replace(/^\((.*)\)$/, ' $1')
  return new MoorageError('USAGE', `${sentence}${meant}`, { hint: named ? shortUsage(named) : usageOf(parser), cause })
}

function usageOf(parser: Parser): string {
  const names = parser.commands.map((command) => command.name())
  return `Commands: ${names.join(', ')}.\nTo see what they do: moorage --help`
}

function shortUsage(command: Command): string {
  const [name, ...rest] = synopsis(command).split(' ')
  return [
    `Usage: moorage ${[name, '[options]', ...rest].join(' ')}`,
    `Example: ${command.example[0]}`,
    `To see all options: moorage ${command.name} --help`,
  ].join('\n')
}

/** `exec pytest -q` would read `-q` as an option of its own. */
function rejectMissingDashes({ name, options }: Command, words: readonly string[]): void {
  const definitions = Object.entries({ ...options, ...COMMON_OPTIONS }).filter(([, { value }]) => value)
  const withValue = definitions.flatMap(([option, { short }]) => [`--${option}`, `-${short}`])
  const start = words.findIndex((word, i) => !word.startsWith('-') && !withValue.includes(words[i - 1] ?? ''))
  if (start < 0) return
  const command = [...words.slice(0, start), '--', ...words.slice(start)].join(' ')
  throw new MoorageError('USAGE', `${name}: write the command after --.`, {
    hint: `Did you mean: moorage ${name} ${command}`,
  })
}

function rejectWordsBeforeDashes({ name }: Command, words: readonly string[]): void {
  throw new MoorageError('USAGE', `${name}: '${words.join(' ')}' stands before --.`, {
    hint: `Write the whole command after --, as in: moorage ${name} -- npm test`,
  })
}

function configPath({ config }: ParsedWords['options']): string {
  return typeof config === 'string' ? existingConfig(resolve(config)) : findConfig(process.cwd())
}

function existingConfig(path: string): string {
  if (existsSync(path)) return path
  throw new MoorageError('CONFIG_NOT_FOUND', `--config: the file ${path} does not exist.`, {
    hint: 'Give the path of a config, or omit --config to use moorage.config.ts in the current folder or above it.',
  })
}
