import { isMoorageError, messageOf, MoorageError, type Installation } from '@moorage/core'
import type { Command } from './command.ts'
import { doctor } from './commands/doctor.ts'
import { down } from './commands/down.ts'
import { exec } from './commands/exec.ts'
import { gc } from './commands/gc.ts'
import { logs } from './commands/logs.ts'
import { status } from './commands/status.ts'
import { up } from './commands/up.ts'
import { parseCommandLine } from './parse-command-line.ts'
import { USAGE } from './usage.ts'

const COMMANDS: { readonly [name: string]: Command } = { exec, up, status, logs, down, gc, doctor }

// Errors of the caller: exit code 2.
const USAGE_ERRORS: readonly string[] = ['USAGE', 'CONFIG_INVALID', 'CONFIG_NOT_FOUND']

/** Runs a command line and resolves to its exit code. Data goes to stdout, everything else to stderr. */
export async function main(argv: readonly string[], installation: Installation): Promise<number> {
  try {
    const [name, ...words] = argv
    if (name === undefined || ['--help', '-h', 'help'].includes(name)) {
      process.stdout.write(`${USAGE}\n`)
      return name === undefined ? 2 : 0
    }
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    if (!command) throw new MoorageError('USAGE', `Unknown command '${name}'.`, { hint: USAGE })
    return await command.run({ installation, ...parseCommandLine(words, command) })
  } catch (error) {
    process.stderr.write(`moorage: ${isMoorageError(error) ? error.message : messageOf(error)}\n`)
    return isMoorageError(error) && USAGE_ERRORS.includes(error.code) ? 2 : 1
  }
}
