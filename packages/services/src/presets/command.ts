import { fileURLToPath } from 'node:url'
import {
  siblingModule,
  MoorageError,
  rejectUnknownOptions,
  service,
  type Address,
  type CommonOptions,
  type Env,
  type OptionNames,
  type Probe,
  type Service,
} from '@moorage/core'
import { COMMON_OPTIONS, commonSpec } from '../options/common-options.ts'
import { rejectIsolate } from '../options/isolate-option.ts'

export interface CommandOptions<N extends string = string> extends CommonOptions<N> {
  /**
   * The program and its arguments, without a shell: `['uvicorn', 'app:app', '--port', '$PORT']`. `$PORT` and `$HOST`
   * stand for the port and the address to listen on; the program also gets them as variables. A program without a slash
   * is searched on the PATH.
   */
  readonly command: readonly string[]
  /** The folder to run in. A relative path starts at the config's `root`. Default: that root. */
  readonly cwd?: string
  /** The port to listen on. Default: a free one. */
  readonly port?: number
  /** Environment variables. Values may contain references to other services. */
  readonly env?: Env
  /** Scheme of the URL. Default: `http`. */
  readonly protocol?: string
  /** Probes that must succeed, in this order. Default: the port accepts a TCP connection. */
  readonly ready?: readonly Probe[]
}

const OPTIONS: OptionNames<CommandOptions> = {
  command: true,
  cwd: true,
  port: true,
  env: true,
  protocol: true,
  ready: true,
  ...COMMON_OPTIONS,
}

/**
 * Any program that listens on a port, as a process beside the tests, with every provider. Throws `MoorageError`
 * (CONFIG_INVALID) for an invalid option.
 */
export function command<const N extends string = never>(options: CommandOptions<N>): Service<Address, N> {
  rejectIsolate('command', options)
  rejectUnknownOptions('command', options, OPTIONS)
  const { cwd = '.', port = 0, env, protocol = 'http', ready = [{ kind: 'tcp' }] } = options
  const words: unknown = options.command
  if (!Array.isArray(words) || !words.length || words.some((word) => typeof word !== 'string') || words[0] === '')
    throw new MoorageError('CONFIG_INVALID', 'command({ command }) is not a list of a program and its arguments.', {
      hint: "Give them as a list, such as ['uvicorn', 'app:app', '--port', '$PORT'].",
    })
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new MoorageError('CONFIG_INVALID', `command({ port }): ${port} is not a port.`, {
      hint: 'Give a number from 1 to 65535, or omit it to use a free one.',
    })
  const host = { $self: ['host'] }
  const listenPort = { $self: ['port'] }
  const spec = {
    preset: 'command',
    ports: { main: port || 80 },
    placement: 'host',
    process: {
      connection: { host, port: listenPort, url: { $join: [`${protocol}://`, host, ':', listenPort] } },
      ready,
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/command')) },
      options: { command: options.command, cwd },
      ...(port === 0 ? {} : { fixedPorts: { main: port } }),
      env: { ...env, PORT: listenPort, HOST: '127.0.0.1' },
    },
    ...commonSpec(options),
  }
  return service('command', spec, { host: 0, port: 0, url: 0 }) as unknown as Service<Address, N>
}
