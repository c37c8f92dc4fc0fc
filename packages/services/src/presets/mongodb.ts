import { fileURLToPath } from 'node:url'
import {
  rejectUnknownOptions,
  siblingModule,
  type OptionNames,
  MoorageError,
  service,
  type Address,
  type CommonOptions,
  type Probe,
  type Service,
  type Template,
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
import { bsonBoolean, bsonInt32, opMsg } from '../wire/mongodb-probe.ts'

export interface MongodbOptions<N extends string = string> extends CommonOptions<N>, ImageOptions, IsolateOptions {
  /** Name of the database in the URL. Default: `test`. */
  readonly database?: string
  /**
   * Requires a login as a root user with a random password. A plain process never requires one, since it listens on
   * 127.0.0.1 only. Default: `true`.
   */
  readonly auth?: boolean
  /** Path of a module that exports `seed(connection)`. It runs once per run, before the service is ready. */
  readonly seed?: string
}

export interface MongodbConnection extends Address {
  /** Name of the database in the URL. */
  readonly database: string
}

const ROOT_USER = 'root'

const OPTIONS: OptionNames<MongodbOptions> = {
  database: true,
  auth: true,
  seed: true,
  ...IMAGE_OPTIONS,
  ...ISOLATE_OPTIONS,
  ...COMMON_OPTIONS,
}

/**
 * MongoDB: `mongo:8.0` as a container, `mongod` from the PATH or from `mongodb-memory-server` as a process. Its data
 * stay in memory or in the run's folder. Throws `MoorageError` (CONFIG_INVALID) for an invalid option.
 */
export function mongodb<const N extends string = never>(
  options: MongodbOptions<N> = {},
): Service<MongodbConnection, N> {
  rejectUnknownOptions('mongodb', options, OPTIONS)
  const { database = 'test', auth = true } = options
  if (!/^[^\0/\\. "$*<>:|?]{1,63}$/.test(database)) {
    throw new MoorageError('CONFIG_INVALID', `mongodb({ database }): '${database}' is not a valid database name.`, {
      hint: 'Use letters, digits, - and _.',
    })
  }
  const password = { $secret: 'password' }
  const spec = {
    preset: 'mongodb',
    ports: { main: 27017 },
    container: {
      image: resolveImage('mongodb', options, { name: 'mongo', tag: '8.0' }),
      user: '999:999',
      tmpfs: ['/data/db', '/data/configdb', '/tmp'],
      ...(auth ? { env: { MONGO_INITDB_ROOT_USERNAME: ROOT_USER, MONGO_INITDB_ROOT_PASSWORD: password } } : {}),
      ready: auth ? [isPrimary, requiresLogin] : [isPrimary],
      connection: connection(database, auth ? [`${ROOT_USER}:`, password, '@'] : [], auth ? '&authSource=admin' : ''),
    },
    process: {
      ...unsupportedImage(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/mongodb')) },
      options: requestedVersion(options),
      ready: [isPrimary],
      connection: connection(database, [], ''),
    },
    ...seedSpec('mongodb', options.seed, { sql: false }),
    ...isolateSpec('mongodb', options, ['mongodb']),
    ...commonSpec(options),
  }
  return service('mongodb', spec, { host: 0, port: 0, url: 0, database: 0 }) as unknown as Service<MongodbConnection, N>
}

// directConnection makes the driver use this address instead of the one that the server advertises.
function connection(
  database: string,
  credentials: readonly Template[],
  parameters: string,
): { readonly [field: string]: Template } {
  const host = { $self: ['host'] }
  const port = { $self: ['port'] }
  const url = {
    $join: [
      'mongodb://',
      ...credentials,
      host,
      ':',
      port,
      `/${encodeURIComponent(database)}?directConnection=true${parameters}`,
    ],
  }
  return { host, port, url, database }
}

const isPrimary: Probe = {
  kind: 'exchange',
  send: { hex: opMsg('hello', 'admin') },
  expect: { hex: bsonBoolean('isWritablePrimary', true) },
  at: 'anywhere',
}

// With a root user, the image first runs a temporary server without authentication. Code 13, Unauthorized, tells them
// apart.
const requiresLogin: Probe = {
  kind: 'exchange',
  send: { hex: opMsg('listDatabases', 'admin') },
  expect: { hex: bsonInt32('code', 13).toString('hex') },
  at: 'anywhere',
}
