import { isMoorageError, messageOf, type Installation } from '@moorage/core'
import { runbookHint } from '@moorage/core/runner'
import { COMMANDS } from './commands.ts'
import { parseCommandLine, printUsage } from './parse-command-line.ts'

// Errors of the caller: exit code 2.
const USAGE_ERRORS: readonly string[] = ['USAGE', 'CONFIG_INVALID', 'CONFIG_NOT_FOUND']

/**
 * Runs a command line and resolves to its exit code. Data goes to stdout, everything else to stderr. `version` is what
 * `--version` prints.
 */
export async function main(argv: readonly string[], installation: Installation, version: string): Promise<number> {
  try {
    if (!argv.length) {
      printUsage(COMMANDS, version)
      return 2
    }
    const parsed = parseCommandLine(argv, COMMANDS, version)
    if (!parsed) return 0
    const run = await parsed.command.load()
    return await run({ installation, version, commands: COMMANDS, ...parsed.input })
  } catch (error) {
    process.stderr.write(`moorage: ${errorText(error)}\n`)
    return isMoorageError(error) && USAGE_ERRORS.includes(error.code) ? 2 : 1
  }
}

/** The message, with the command that explains its code. A wrong command line says all there is to say. */
function errorText(error: unknown): string {
  if (!isMoorageError(error)) return messageOf(error)
  const { code, message } = error
  const known = code === 'USAGE' || code === 'ABORTED' || message.includes(runbookHint(code))
  return known ? message : `${message}\n${runbookHint(code)}`
}
