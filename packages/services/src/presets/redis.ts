import { fileURLToPath } from 'node:url'
import { siblingModule, service, type Address, type CommonOptions, type Service } from '@moorage/core'
import { imageOf, refusedAsProcess, wishedVersion, type ImageOptions } from '../options/image-option.ts'
import { isolateOf, type IsolateOptions } from '../options/isolate-option.ts'
import { seedOf } from '../options/seed-option.ts'
import { sharedOf } from '../options/shared-options.ts'

export interface RedisOptions<N extends string = string> extends CommonOptions<N>, ImageOptions, IsolateOptions {
  /** Path of a module that exports `seed(connection)`, run once per run before the service is ready. */
  readonly seed?: string
}

export interface RedisConnection extends Address {
  readonly password: string
  /** The number of the database in the URL. */
  readonly database: number
}

/** Redis: `redis:7` as a container, `redis-server` on the PATH as a process. The password is random. */
export function redis<const N extends string = never>(options: RedisOptions<N> = {}): Service<RedisConnection, N> {
  const password = { $secret: 'password' }
  const databases = options.isolate ? DATABASES : undefined
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
    // While it loads its data it answers LOADING to PING, and OK to AUTH.
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
      image: imageOf('redis', options, { name: 'redis', tag: '7' }),
      user: '999:999',
      tmpfs: ['/data'],
      env: { REDIS_PASSWORD: password },
      command: [
        'sh',
        '-c',
        `exec redis-server --save "" --appendonly no --requirepass "$REDIS_PASSWORD"${databases ? ` --databases ${databases}` : ''}`,
      ],
    },
    process: {
      ...form,
      ...refusedAsProcess(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/redis')) },
      options: { password: 'password', ...wishedVersion(options), ...(databases ? { databases } : {}) },
    },
    ...seedOf('redis', options.seed, { sql: false }),
    ...isolateOf('redis', options),
    ...sharedOf(options),
  }
  return service('redis', spec, { host: 0, port: 0, url: 0, password: 0, database: 0 }) as unknown as Service<
    RedisConnection,
    N
  >
}

// A number for every worker, and for tests that run at once in one; the server's default is 16.
const DATABASES = 256
