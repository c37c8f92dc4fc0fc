import { fileURLToPath } from 'node:url'
import {
  siblingModule,
  MoorageError,
  service,
  type Address,
  type CommonOptions,
  type Probe,
  type Service,
  type Template,
} from '@moorage/core'
import { imageOf, refusedAsProcess, wishedVersion, type ImageOptions } from '../options/image-option.ts'
import { isolateOf, type IsolateOptions } from '../options/isolate-option.ts'
import { seedOf } from '../options/seed-option.ts'
import { sharedOf } from '../options/shared-options.ts'
import { bool, int32, opMsg } from '../wire/mongodb.ts'

export interface MongodbOptions<N extends string = string> extends CommonOptions<N>, ImageOptions, IsolateOptions {
  /** The database in the URL. Default: `test`. */
  readonly database?: string
  /** Default: `true`, a root user with a random password. As a plain process there is never one: it listens on 127.0.0.1 only. */
  readonly auth?: boolean
  /** Path of a module that exports `seed(connection)`, run once per run before the service is ready. */
  readonly seed?: string
}

export interface MongodbConnection extends Address {
  readonly database: string
}

const USER = 'root'

/** MongoDB: `mongo:8.0` as a container, `mongod` on the PATH or `mongodb-memory-server`'s as a process. */
export function mongodb<const N extends string = never>(
  options: MongodbOptions<N> = {},
): Service<MongodbConnection, N> {
  const { database = 'test', auth = true } = options
  if (!/^[^\0/\\. "$*<>:|?]{1,63}$/.test(database)) {
    throw new MoorageError('CONFIG_INVALID', `mongodb({ database }): '${database}' cannot be the name of a database.`, {
      hint: 'Use letters, digits, - and _.',
    })
  }
  const password = { $secret: 'password' }
  const spec = {
    preset: 'mongodb',
    ports: { main: 27017 },
    container: {
      image: imageOf('mongodb', options, { name: 'mongo', tag: '8.0' }),
      user: '999:999',
      tmpfs: ['/data/db', '/data/configdb', '/tmp'],
      ...(auth ? { env: { MONGO_INITDB_ROOT_USERNAME: USER, MONGO_INITDB_ROOT_PASSWORD: password } } : {}),
      ready: auth ? [primary, refused] : [primary],
      connection: connection(database, auth ? [`${USER}:`, password, '@'] : [], auth ? '&authSource=admin' : ''),
    },
    process: {
      ...refusedAsProcess(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/mongodb')) },
      options: wishedVersion(options),
      ready: [primary],
      connection: connection(database, [], ''),
    },
    ...seedOf('mongodb', options.seed, { sql: false }),
    ...isolateOf('mongodb', options, ['mongodb']),
    ...sharedOf(options),
  }
  return service('mongodb', spec, { host: 0, port: 0, url: 0, database: 0 }) as unknown as Service<MongodbConnection, N>
}

// directConnection: the driver stays with this address, whatever the server advertises.
function connection(
  database: string,
  credentials: readonly Template[],
  more: string,
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
      `/${encodeURIComponent(database)}?directConnection=true${more}`,
    ],
  }
  return { host, port, url, database }
}

const primary: Probe = {
  kind: 'exchange',
  send: { hex: opMsg('hello', 'admin') },
  expect: { hex: bool('isWritablePrimary', true) },
  at: 'anywhere',
}

// With a root user the image first runs a server without authentication, which would pass for ready: Unauthorized is code 13.
const refused: Probe = {
  kind: 'exchange',
  send: { hex: opMsg('listDatabases', 'admin') },
  expect: { hex: int32('code', 13).toString('hex') },
  at: 'anywhere',
}
