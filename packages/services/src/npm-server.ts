import { fileURLToPath } from 'node:url'
import { moduleBeside, MoorageError, service, type Address, type CommonOptions, type Env, type Service } from '@moorage/core'
import { notIsolated } from './isolate-option.ts'
import { sharedOf } from './shared-options.ts'

export interface NpmServerOptions<N extends string = string> extends CommonOptions<N> {
  /** A script of package.json. Default: `start`. */
  readonly script?: string
  /** The folder of package.json. Default: the folder of the config. */
  readonly cwd?: string
  /** A fixed port. Default: a free one; the server reads it from `PORT`. */
  readonly port?: number
  readonly env?: Env
  /** Answers once the server is ready. Default: `/`. */
  readonly path?: string
  /** Statuses that count as ready. Default: any from 200 to 399, and 404. */
  readonly status?: readonly number[]
}

/** `npm run <script>` beside the tests, whatever the provider. */
export function npmServer<const N extends string = never>(options: NpmServerOptions<N> = {}): Service<Address, N> {
  notIsolated('npmServer', options)
  const { script = 'start', cwd = '.', port = 0, env, path = '/', status } = options
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new MoorageError('CONFIG_INVALID', `npmServer({ port }): ${port} is not a port.`, { hint: 'Give a number from 1 to 65535, or leave it out for a free one.' })
  }
  const host = { $self: ['host'] }
  const own = { $self: ['port'] }
  const spec = {
    preset: 'npmServer',
    ports: { http: port },
    placement: 'host',
    process: {
      program: { $file: fileURLToPath(moduleBeside(import.meta.url, 'programs/npm-server')) },
      options: { script, cwd },
      ...(port === 0 ? {} : { fixedPorts: { http: port } }),
      env: { ...env, PORT: own, HOST: '127.0.0.1' },
      connection: { host, port: own, url: { $join: ['http://', host, ':', own] } },
      ready: [{ kind: 'http', path, status: status ?? ANSWERS }],
    },
    ...sharedOf(options),
  }
  return service('npmServer', spec, { host: 0, port: 0, url: 0 }) as unknown as Service<Address, N>
}

// 404 too: an API need not have anything at its root.
const ANSWERS = [200, 201, 202, 203, 204, 206, 301, 302, 303, 304, 307, 308, 404]
