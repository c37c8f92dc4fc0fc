import { fileURLToPath } from 'node:url'
import {
  rejectUnknownOptions,
  siblingModule,
  type OptionNames,
  service,
  type Address,
  type CommonOptions,
  type Service,
} from '@moorage/core'
import {
  resolveImage,
  unsupportedImage,
  requestedVersion,
  IMAGE_OPTIONS,
  type ImageOptions,
} from '../options/image-option.ts'
import { isolateSpec, ISOLATE_OPTIONS, type IsolateOptions } from '../options/isolate-option.ts'
import { seedSpec } from '../options/seed-option.ts'
import { COMMON_OPTIONS, commonSpec } from '../options/common-options.ts'
import { settingsText, type Settings } from '../options/server-settings-option.ts'

// One for each worker, and for each test that runs concurrently in a worker. The server's default is 16.
const ISOLATED_DATABASES = 256

export interface RedisOptions<N extends string = string> extends CommonOptions<N>, ImageOptions, IsolateOptions {
  /** Path of a module that exports `seed(connection)`. It runs once per run, before the service is ready. */
  readonly seed?: string
  /**
   * Settings of the server, as redis.conf spells them: `{ maxmemory: '64mb' }`. Default: none but those that keep data
   * off the disk.
   */
  readonly settings?: Settings
}

export interface RedisConnection extends Address {
  /** Random, one per run. */
  readonly password: string
  /** Number of the database in the URL: 0, or that of an isolated database. */
  readonly database: number
}

const OPTIONS: OptionNames<RedisOptions> = {
  seed: true,
  settings: true,
  ...IMAGE_OPTIONS,
  ...ISOLATE_OPTIONS,
  ...COMMON_OPTIONS,
}

/**
 * Redis: `redis:7` as a container, `redis-server` from the PATH as a process. The password is random, and nothing is
 * saved to disk. Throws `MoorageError` (CONFIG_INVALID) for an invalid option.
 */
export function redis<const N extends string = never>(options: RedisOptions<N> = {}): Service<RedisConnection, N> {
  rejectUnknownOptions('redis', options, OPTIONS)
  const password = { $secret: 'password' }
  const settings = {
    save: '',
    appendonly: 'no',
    ...(options.isolate ? { databases: String(ISOLATED_DATABASES) } : {}),
    ...settingsText('redis', options.settings, RESERVED),
  }
  const host = { $self: ['host'] }
  const port = { $self: ['port'] }
  const form = {
    connection: {
      host,
      port,
      password,
      database: 0,
      url: { $join: ['redis://:', password, '@', host, ':', port, '/0'] },
    },
    // A server that is loading its data answers OK to AUTH but LOADING to PING.
    ready: [
      {
        kind: 'exchange',
        send: { text: { $join: ['AUTH ', password, '\r\nPING\r\n'] } },
        expect: { text: '+OK\r\n+PONG\r\n' },
      },
    ],
  }
  const spec = {
    preset: 'redis',
    ports: { main: 6379 },
    container: {
      ...form,
      image: resolveImage('redis', options, { name: 'redis', tag: '7' }),
      user: '999:999',
      tmpfs: ['/data'],
      env: { REDIS_PASSWORD: password },
      command: ['sh', '-c', START_SCRIPT, 'redis-server', ...settingArguments(settings)],
    },
    process: {
      ...form,
      ...unsupportedImage(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/redis')) },
      options: { settings, ...requestedVersion(options) },
    },
    ...seedSpec('redis', options.seed, { sql: false }),
    ...isolateSpec('redis', options),
    ...commonSpec(options),
  }
  return service('redis', spec, { host: 0, port: 0, url: 0, password: 0, database: 0 }) as unknown as Service<
    RedisConnection,
    N
  >
}

const RESERVED = { reserved: ['bind', 'daemonize', 'dir', 'port', 'requirepass'], words: ['yes', 'no'] } as const

// The password is in a file, because every user of the engine's machine can read the arguments of a process. /data is
// in memory. The entrypoint of the official image adds the modules of Redis 8 to a command that begins with
// redis-server.
const START_SCRIPT = `(umask 077; printf 'requirepass %s\\n' "$REDIS_PASSWORD" > /data/moorage.conf) || exit
set -- redis-server /data/moorage.conf "$@"
if command -v docker-entrypoint.sh > /dev/null; then exec docker-entrypoint.sh "$@"; fi
exec "$@"`

function settingArguments(settings: { readonly [name: string]: string }): readonly string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
}
