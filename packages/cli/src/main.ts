import { isMoorageError, messageOf, MoorageError, type Installation } from '@moorage/core'
import { closestWord } from '@moorage/core/runner'
import type { Command } from './command.ts'
import { doctor } from './commands/doctor.ts'
import { down } from './commands/down.ts'
import { exec } from './commands/exec.ts'
import { gc } from './commands/gc.ts'
import { logs } from './commands/logs.ts'
import { render } from './commands/render.ts'
import { status } from './commands/status.ts'
import { up } from './commands/up.ts'
import { parseCommandLine } from './parse-command-line.ts'
import { COMMAND_USAGE, commandUsage, USAGE, type CommandName } from './usage.ts'

const COMMANDS: { readonly [name in CommandName]: Command } = { exec, up, status, logs, down, gc, doctor, render }

// Errors of the caller: exit code 2.
const USAGE_ERRORS: readonly string[] = ['USAGE', 'CONFIG_INVALID', 'CONFIG_NOT_FOUND']

/**
 * Runs a command line and resolves to its exit code. Data goes to stdout, everything else to stderr. `version` is what
 * `--version` prints.
 */
export async function main(argv: readonly string[], installation: Installation, version: string): Promise<number> {
  try {
    const [name, ...words] = argv
    if (name === undefined || ['--help', '-h', 'help'].includes(name)) {
      process.stdout.write(`${USAGE}\n`)
      return name === undefined ? 2 : 0
    }
    if (['--version', '-v', 'version'].includes(name)) {
      process.stdout.write(`${version}\n`)
      return 0
    }
    if (!isCommand(name)) throw unknownCommand(name)
    if (asksForHelp(words)) {
      process.stdout.write(`${commandUsage(COMMAND_USAGE[name])}\n`)
      return 0
    }
    const command: Command = COMMANDS[name]
    return await command.run({ installation, ...parseCommandLine(words, command) })
  } catch (error) {
    process.stderr.write(`moorage: ${isMoorageError(error) ? error.message : messageOf(error)}\n`)
    return isMoorageError(error) && USAGE_ERRORS.includes(error.code) ? 2 : 1
  }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name)
}

/** What follows `--` belongs to the command of `exec`. */
function asksForHelp(words: readonly string[]): boolean {
  const dashes = words.indexOf('--')
  return (dashes < 0 ? words : words.slice(0, dashes)).some((word) => word === '--help' || word === '-h')
}

function unknownCommand(name: string): MoorageError {
  const meant = closestWord(name, Object.keys(COMMANDS))
  const suggestion = meant === undefined ? '' : ` Did you mean '${meant}'?`
  return new MoorageError('USAGE', `Unknown command '${name}'.${suggestion}`, { hint: USAGE })
}
