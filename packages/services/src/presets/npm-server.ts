import { fileURLToPath } from 'node:url'
import {
  rejectUnknownOptions,
  siblingModule,
  type OptionNames,
  MoorageError,
  service,
  type Address,
  type CommonOptions,
  type Env,
  type Service,
} from '@moorage/core'
import {
  resolveImage,
  unsupportedImage,
  requestedVersion,
  IMAGE_OPTIONS,
  type ImageOptions,
} from '../options/image-option.ts'
import { rejectIsolate } from '../options/isolate-option.ts'
import { checkPlacement, COMMON_OPTIONS, commonSpec, type Placement } from '../options/common-options.ts'

export interface NpmServerOptions<N extends string = string> extends CommonOptions<N>, ImageOptions {
  /** Name of the script in package.json. Default: `start`. */
  readonly script?: string
  /** The folder with package.json. A relative path starts at the config's `root`. Default: that root. */
  readonly cwd?: string
  /**
   * The port to listen on. The server reads it from `PORT`, and its address from `HOST`. Default: a free port as a
   * process, 3000 in a container.
   */
  readonly port?: number
  /** Environment variables. Values may contain references to other services. */
  readonly env?: Env
  /**
   * Files and folders of the server's code, such as `['src']`. After an edit of one, the next run starts the server
   * again. A relative path starts at the config's `root`. Default: none; of the code, only the script's text counts.
   */
  readonly files?: readonly string[]
  /** The path that the readiness probe requests. Default: `/`. */
  readonly path?: string
  /** HTTP statuses that count as ready. Default: the common ones from 200 to 399, and 404. */
  readonly status?: readonly number[]
  /**
   * `host` runs it as a process beside the tests. `provider` runs it in `node:24`, where the other services run, with a
   * read-only copy of the folder including `node_modules`. With the process provider both are the same. Default:
   * `host`.
   */
  readonly placement?: Placement
}

const OPTIONS: OptionNames<NpmServerOptions> = {
  script: true,
  cwd: true,
  port: true,
  env: true,
  files: true,
  path: true,
  status: true,
  placement: true,
  ...IMAGE_OPTIONS,
  ...COMMON_OPTIONS,
}

/**
 * A server that `npm run <script>` starts, beside the tests or in a Node image. Throws `MoorageError` (CONFIG_INVALID)
 * for an invalid option, and for `version` or `image` without `placement: 'provider'`.
 */
export function npmServer<const N extends string = never>(options: NpmServerOptions<N> = {}): Service<Address, N> {
  rejectIsolate('npmServer', options)
  rejectUnknownOptions('npmServer', options, OPTIONS)
  const { script = 'start', cwd = '.', port = 0, env, files = [], path = '/', status, placement = 'host' } = options
  checkPlacement('npmServer', placement)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new MoorageError('CONFIG_INVALID', `npmServer({ port }): ${port} is not a port.`, {
      hint: 'Give a number from 1 to 65535, or omit it to use a free one.',
    })
  }
  if (!path.startsWith('/'))
    throw new MoorageError('CONFIG_INVALID', `npmServer({ path }): '${path}' is not a path.`, {
      hint: "Begin it with a slash, such as '/health'.",
    })
  const image = resolveImage('npmServer', options, { name: 'node', tag: '24' })
  const unused = (['version', 'image'] as const).find((option) => options[option] !== undefined)
  if (placement === 'host' && unused) {
    throw new MoorageError(
      'CONFIG_INVALID',
      `npmServer({ ${unused} }): with placement 'host', the installed Node runs the server.`,
      { hint: `Remove ${unused}, or add placement: 'provider'.` },
    )
  }
  const host = { $self: ['host'] }
  const listenPort = { $self: ['port'] }
  const form = {
    connection: { host, port: listenPort, url: { $join: ['http://', host, ':', listenPort] } },
    ready: [{ kind: 'http', path, status: status ?? READY_STATUSES }],
  }
  const spec = {
    preset: 'npmServer',
    ports: { http: port || CONTAINER_PORT },
    placement,
    inputs: {
      files: files.map((file) => ({ $file: file, $option: 'files' })),
      scripts: [{ folder: cwd, name: script }],
    },
    process: {
      ...form,
      ...unsupportedImage(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/npm-server')) },
      options: { script, cwd, ...requestedVersion(options) },
      ...(port === 0 ? {} : { fixedPorts: { http: port } }),
      env: { ...env, PORT: listenPort, HOST: '127.0.0.1' },
    },
    // Only for a container: it would hash the folder's content.
    ...(placement === 'provider'
      ? {
          container: {
            ...form,
            ...NODE_CONTAINER,
            image,
            command: ['npm', 'run', '--silent', script],
            env: { ...NPM_VARIABLES, ...env, PORT: listenPort, HOST: '0.0.0.0' },
            files: { [APP_FOLDER]: { $file: cwd, $option: 'cwd' } },
          },
        }
      : {}),
    ...commonSpec(options),
  }
  return service('npmServer', spec, { host: 0, port: 0, url: 0 }) as unknown as Service<Address, N>
}

const CONTAINER_PORT = 3000
const APP_FOLDER = '/srv/app'

// The unprivileged user of the image.
const NODE_CONTAINER = { user: '1000:1000', workingDir: APP_FOLDER, tmpfs: ['/tmp'] }
// npm needs a writable home. Its update notices and log files are of no use here. The image has no other package
// manager, so npm runs the script even where devEngines names another one.
const NPM_VARIABLES = {
  HOME: '/tmp',
  npm_config_update_notifier: 'false',
  npm_config_logs_max: '0',
  npm_config_force: 'true',
}

// 404 counts as ready, since an API need not serve its root.
const READY_STATUSES = [200, 201, 202, 203, 204, 206, 301, 302, 303, 304, 307, 308, 404]
