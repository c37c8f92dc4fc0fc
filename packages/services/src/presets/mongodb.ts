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
  type EnvTemplate,
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
import { REPLICA_SET } from '../prepare/replica-set.ts'
import { bsonElement, opMsg } from '../wire/mongodb-probe.ts'

export interface MongodbOptions<N extends string = string> extends CommonOptions<N>, ImageOptions, IsolateOptions {
  /** Name of the database in the URL. Default: `test`. */
  readonly database?: string
  /**
   * Requires a login as a root user with a random password. A plain process never requires one, since it listens on
   * 127.0.0.1 only. Default: `true`.
   */
  readonly auth?: boolean
  /**
   * Runs the server as the only member of a replica set, which transactions and change streams need. The service is
   * ready when the member accepts writes. Default: `false`.
   */
  readonly replicaSet?: boolean
  /**
   * Path of a module that exports `seed(connection)`, or of a script for the mongosh of this machine, whose name ends
   * with `.mongosh.js` or `.mongodb.js`. It runs once per run, before the service is ready.
   */
  readonly seed?: string
}

export interface MongodbConnection extends Address {
  /** Name of the database in the URL. */
  readonly database: string
}

const ROOT_USER = 'root'
const PORT = 27_017

const OPTIONS: OptionNames<MongodbOptions> = {
  database: true,
  auth: true,
  replicaSet: true,
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
  const { database = 'test', auth = true, replicaSet = false } = options
  if (!/^[^\0/\\. "$*<>:|?]{1,63}$/.test(database)) {
    throw new MoorageError('CONFIG_INVALID', `mongodb({ database }): '${database}' is not a valid database name.`, {
      hint: 'Use letters, digits, - and _.',
    })
  }
  const password = { $secret: 'password' }
  const spec = {
    preset: 'mongodb',
    ports: { main: PORT },
    container: {
      image: resolveImage('mongodb', options, { name: 'mongo', tag: '8.0' }),
      user: '999:999',
      tmpfs: ['/data/db', '/data/configdb', '/tmp'],
      ...(auth
        ? { env: { ...rootLogin(password), ...(replicaSet ? { [KEY_VARIABLE]: { $secret: 'key' } } : {}) } }
        : {}),
      ...(replicaSet ? replicaSetMember(auth) : {}),
      ready: [replicaSet ? isNoPrimary : isPrimary, ...(auth ? [requiresLogin] : [])],
      connection: connection(database, auth ? [`${ROOT_USER}:`, password, '@'] : [], auth ? '&authSource=admin' : ''),
    },
    process: {
      ...unsupportedImage(options),
      program: { $file: fileURLToPath(siblingModule(import.meta.url, '../programs/mongodb')) },
      options: { ...requestedVersion(options), replicaSet },
      ready: [replicaSet ? isNoPrimary : isPrimary],
      ...(replicaSet ? { prepare: { module: PREPARE } } : {}),
      connection: connection(database, [], ''),
    },
    ...seedSpec('mongodb', options.seed, { sql: false, mongosh: true }),
    ...isolateSpec('mongodb', options, ['mongodb']),
    ...commonSpec(options),
  }
  return service('mongodb', spec, { host: 0, port: 0, url: 0, database: 0 }) as unknown as Service<MongodbConnection, N>
}

const PREPARE = { $file: fileURLToPath(siblingModule(import.meta.url, '../prepare/replica-set')) }

const KEY_VARIABLE = 'MOORAGE_REPLICA_SET_KEY'

function rootLogin(password: Template): EnvTemplate {
  return { MONGO_INITDB_ROOT_USERNAME: ROOT_USER, MONGO_INITDB_ROOT_PASSWORD: password }
}

/**
 * The server starts as a member without a set, and is initiated once it answers. With a login, members need a common
 * key, which must be in a file that only their user can read; the key never leaves the container.
 */
function replicaSetMember(auth: boolean): Pick<ContainerForm, 'command' | 'prepare'> {
  const command = ['mongod', '--replSet', REPLICA_SET]
  const script = `(umask 077; printf %s "$${KEY_VARIABLE}" > ${KEY_FILE}) || exit
exec docker-entrypoint.sh "$@"`
  return {
    command: auth ? ['sh', '-c', script, 'sh', ...command, '--keyFile', KEY_FILE] : command,
    // The address at which the server reaches itself. Clients use that of the URL, because of directConnection.
    prepare: { module: PREPARE, options: { member: `127.0.0.1:${PORT}` } },
  }
}

const KEY_FILE = '/data/configdb/moorage.key'

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
  expect: { hex: bsonElement('isWritablePrimary', true) },
  at: 'anywhere',
}

const isNoPrimary: Probe = { ...isPrimary, expect: { hex: bsonElement('isWritablePrimary', false) } }

// With a root user, the image first runs a temporary server without authentication. Code 13, Unauthorized, tells them
// apart.
const requiresLogin: Probe = {
  kind: 'exchange',
  send: { hex: opMsg('listDatabases', 'admin') },
  expect: { hex: bsonElement('code', 13) },
  at: 'anywhere',
}
