import { parseArgs } from 'node:util'
import { isMoorageError, messageOf, MoorageError, type AnyConfig, type Environment, type ProvisionOptions } from '@moorage/core'
import { exec } from './exec.ts'

export type Provision = (config: AnyConfig, options?: ProvisionOptions) => Promise<Environment>

/** What a command gets: its arguments after the options, and where the project is. */
export interface Invocation {
  readonly args: readonly string[]
  readonly config: string | undefined
  readonly provision: Provision
}

type Command = (invocation: Invocation) => Promise<number>

const commands: { readonly [name: string]: Command } = { exec }

const USAGE = `Usage: moorage exec [--config FILE] -- COMMAND [ARGS]

  exec   start the services of moorage.config.ts, run COMMAND with their URLs in its environment, remove them

Exit code: COMMAND's own; 130 or 143 when a signal ended it; 1 when services failed to start; 2 for a wrong call.`

/** Runs a command line; gives the exit code. Data goes to stdout, everything else to stderr. */
export async function main(argv: readonly string[], provision: Provision): Promise<number> {
  try {
    const [name, ...rest] = argv
    if (name === undefined || ['--help', '-h', 'help'].includes(name)) {
      process.stdout.write(`${USAGE}\n`)
      return name === undefined ? 2 : 0
    }
    const command = commands[name]
    if (!command) throw new MoorageError('USAGE', `There is no command '${name}'.`, { hint: USAGE })
    const { own, args } = split(rest)
    return await command({ args, config: own, provision })
  } catch (error) {
    process.stderr.write(`moorage: ${isMoorageError(error) ? error.message : messageOf(error)}\n`)
    return isMoorageError(error) && ['USAGE', 'CONFIG_INVALID', 'CONFIG_NOT_FOUND'].includes(error.code) ? 2 : 1
  }
}

function split(rest: readonly string[]): { own: string | undefined; args: readonly string[] } {
  const at = rest.indexOf('--')
  const options = at < 0 ? rest : rest.slice(0, at)
  try {
    const { values } = parseArgs({ args: [...options], options: { config: { type: 'string', short: 'c' } } })
    return { own: values.config, args: at < 0 ? [] : rest.slice(at + 1) }
  } catch (cause) {
    throw new MoorageError('USAGE', `${messageOf(cause).split('. ')[0]}.`, { hint: USAGE, cause })
  }
}
