import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { isMoorageError, messageOf, MoorageError, type Installation } from '@moorage/core'
import { findConfig } from '@moorage/core/runner'
import { doctor } from './commands/doctor.ts'
import { down } from './commands/down.ts'
import { exec } from './commands/exec.ts'
import { gc } from './commands/gc.ts'
import { logs } from './commands/logs.ts'
import { status } from './commands/status.ts'
import { up } from './commands/up.ts'

/** What a command gets. */
export interface Invocation {
  readonly installation: Installation
  readonly options: { readonly [name: string]: string | boolean | undefined }
  /** Arguments that are no options; of `exec` those after `--`. */
  readonly args: readonly string[]
  /** Path of the config. Throws where there is none. */
  file(): string
}

type Options = NonNullable<ParseArgsConfig['options']>

interface Command {
  readonly options: Options
  /** Arguments beside options. */
  readonly most: number
  run(invocation: Invocation): Promise<number>
}

const data: Options = { json: { type: 'boolean' }, env: { type: 'boolean' } }

const commands: { readonly [name: string]: Command } = {
  exec: { options: {}, most: 0, run: exec },
  up: { options: { ...data, ttl: { type: 'string' } }, most: 0, run: up },
  status: { options: data, most: 0, run: status },
  logs: {
    options: { lines: { type: 'string', short: 'n' }, follow: { type: 'boolean', short: 'f' } },
    most: 1,
    run: logs,
  },
  down: { options: {}, most: 0, run: down },
  gc: { options: { 'dry-run': { type: 'boolean' }, json: { type: 'boolean' } }, most: 0, run: gc },
  doctor: { options: {}, most: 0, run: doctor },
}

const USAGE = `Usage: moorage COMMAND [OPTIONS]

  exec -- COMMAND [ARGS]         start the services, run COMMAND with their URLs in its environment, remove them
  up [--ttl 8h] [--json|--env]   start the services and leave them; later runs with the same config use them
  status [--json|--env]          what runs for this project, and for how long
  logs SERVICE [-n 50] [-f]      the last lines of a service, and with -f those to come
  down                           remove what 'up' has started, or a failure has left
  gc [--dry-run] [--json]        remove what dead runs have left, on every provider
  doctor                         which providers can be used here, and why not

Every command takes --config FILE; default: moorage.config.ts of this folder.
Exit code: of exec COMMAND's own, 130 or 143 when a signal ended it; 1 for a failure; 2 for a wrong call or config.`

const WRONG_CALL: readonly string[] = ['USAGE', 'CONFIG_INVALID', 'CONFIG_NOT_FOUND']

/** Runs a command line; gives the exit code. Data goes to stdout, everything else to stderr. */
export async function main(argv: readonly string[], installation: Installation): Promise<number> {
  try {
    const [name, ...rest] = argv
    if (name === undefined || ['--help', '-h', 'help'].includes(name)) {
      process.stdout.write(`${USAGE}\n`)
      return name === undefined ? 2 : 0
    }
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined
    if (!command) throw new MoorageError('USAGE', `There is no command '${name}'.`, { hint: USAGE })
    const { config, options, args } = split(rest, command)
    const file = (): string => (typeof config === 'string' ? existing(resolve(config)) : findConfig(process.cwd()))
    return await command.run({ installation, options, args, file })
  } catch (error) {
    process.stderr.write(`moorage: ${isMoorageError(error) ? error.message : messageOf(error)}\n`)
    return isMoorageError(error) && WRONG_CALL.includes(error.code) ? 2 : 1
  }
}

function split(
  rest: readonly string[],
  { options, most }: Command,
): Pick<Invocation, 'args' | 'options'> & { readonly config: unknown } {
  const at = rest.indexOf('--')
  const own = at < 0 ? rest : rest.slice(0, at)
  try {
    const parsed = parseArgs({
      args: [...own],
      options: { ...options, config: { type: 'string', short: 'c' } },
      allowPositionals: true,
    })
    const { config, ...values } = parsed.values
    const extra = parsed.positionals[most]
    if (extra !== undefined) throw new RangeError(`Unexpected argument '${extra}'`)
    return {
      config,
      options: values as Invocation['options'],
      args: most ? parsed.positionals : at < 0 ? [] : rest.slice(at + 1),
    }
  } catch (cause) {
    throw new MoorageError('USAGE', `${messageOf(cause).split('. ')[0]}.`, { hint: USAGE, cause })
  }
}

function existing(file: string): string {
  if (existsSync(file)) return file
  throw new MoorageError('CONFIG_NOT_FOUND', `--config: there is no file ${file}.`, {
    hint: 'Give the path of a config, or leave it out for moorage.config.ts of this folder.',
  })
}
