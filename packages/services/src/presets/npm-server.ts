import { fileURLToPath } from 'node:url'
import {
  siblingModule,
  MoorageError,
  service,
  type Address,
  type CommonOptions,
  type Env,
  type Service,
} from '@moorage/core'
import { imageOf, refusedAsProcess, wishedVersion, type ImageOptions } from '../options/image-option.ts'
import { notIsolated } from '../options/isolate-option.ts'
import { checkPlacement, sharedOf, type Placement } from '../options/shared-options.ts'

export interface NpmServerOptions<N extends string = string> extends CommonOptions<N>, ImageOptions {
  /** A script of package.json. Default: `start`. */
  readonly script?: string
  /** The folder of package.json. Default: the folder of the config. */
  readonly cwd?: string
  /** A fixed port. Default: a free one, in a container 3000; the server reads it from `PORT`, and its address from `HOST`. */
  readonly port?: number
  readonly env?: Env
  /** Answers once the server is ready. Default: `/`. */
  readonly path?: string
  /** Statuses that count as ready. Default: any from 200 to 399, and 404. */
  readonly status?: readonly number[]
  /**
   * `host` runs it beside the tests. `provider` runs it in `node:24` where the other services are, with a read-only copy of
   * the folder as it is, `node_modules` included; as plain processes it makes no difference. Default: `host`.
   */
  readonly placement?: Placement
}

/** `npm run <script>`, beside the tests or in a node image. */
export function npmServer<const N extends string = never>(options: NpmServerOptions<N> = {}): Service<Address, N> {
  notIsolated('npmServer', options)
  const { script = 'start', cwd = '.', port = 0, env, path = '/', status, placement = 'host' } = options
  checkPlacement('npmServer', placement)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new MoorageError('CONFIG_INVALID', `npmServer({ port }): ${port} is not a port.`, {
      hint: 'Give a number from 1 to 65535, or leave it out for a free one.',
    })
  }
  if (!path.startsWith('/'))
    throw new MoorageError('CONFIG_INVALID', `npmServer({ path }): '${path}' is not a path.`, {
      hint: "Begin with a slash, as in '/health'.",
    })
  const image = imageOf('npmServer', options, { name: 'node', tag: '24' })
  const idle = (['version', 'image'] as const).find((option) => options[option] !== undefined)
  if (placement === 'host' && idle) {
    throw new MoorageError(
      'CONFIG_INVALID',
      `npmServer({ ${idle} }): beside the tests, the Node that is installed runs it.`,
      { hint: "Leave it out, or give placement: 'provider' as well." },
    )
  }
  const host = { $self: ['host'] }
  const own = { $self: ['port'] }
  const form = {
    connection: { host, port: own, url: { $join: ['http://', host, ':', own] } },
    ready: [{ kind: 'http', path, status: status ?? ANSWERS }],
  }
  const spec = {
    preset: 'npmServer',
    ports: { http: port || INNER },
    placement,
    process: {
      ...form,
      ...refusedAsProcess(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/npm-server')) },
      options: { script, cwd, ...wishedVersion(options) },
      ...(port === 0 ? {} : { fixedPorts: { http: port } }),
      env: { ...env, PORT: own, HOST: '127.0.0.1' },
    },
    // Only where it is asked for: the folder's content counts in the hash.
    ...(placement === 'provider'
      ? {
          container: {
            ...form,
            ...inNode,
            image,
            command: ['npm', 'run', '--silent', script],
            env: { ...quiet, ...env, PORT: own, HOST: '0.0.0.0' },
            files: { [FOLDER]: { $file: cwd, $option: 'cwd' } },
          },
        }
      : {}),
    ...sharedOf(options),
  }
  return service('npmServer', spec, { host: 0, port: 0, url: 0 }) as unknown as Service<Address, N>
}

const INNER = 3000
const FOLDER = '/srv/app'

// The image's own user; npm wants a home that it can write to, and has nobody to tell of new versions.
const inNode = { user: '1000:1000', workingDir: FOLDER, tmpfs: ['/tmp'] }
const quiet = { HOME: '/tmp', npm_config_update_notifier: 'false', npm_config_logs_max: '0' }

// 404 too: an API need not have anything at its root.
const ANSWERS = [200, 201, 202, 203, 204, 206, 301, 302, 303, 304, 307, 308, 404]
