import { serviceOwner, type Connection, type ContainerForm, type Probe, type Template } from '@moorage/core'
import { mongodb, postgres } from '@moorage/services'

type Variables = { readonly [name: string]: string }

/** What moorage knows of an image by its repository. */
export interface KnownImage {
  readonly port: number
  /** The URL and further fields of the main port. Default: `http://host:port`. */
  readonly connection?: Connection
  readonly ready?: readonly Probe[]
}

const host: Template = { $self: ['host'] }
const port: Template = { $self: ['port'] }

const IMAGES: readonly {
  readonly repository: RegExp
  describe(variables: Variables, command: readonly string[]): KnownImage
}[] = [
  { repository: /(^|\/)(postgres|postgresql|postgis|pgvector|timescaledb|timescaledb-ha)$/, describe: postgresImage },
  { repository: /(^|\/)(mongo|mongodb|mongodb-community-server)$/, describe: mongodbImage },
  { repository: /(^|\/)(redis|redis-stack|redis-stack-server|redismod|valkey)$/, describe: redisImage },
  { repository: /(^|\/)(mysql|mariadb|mysql-server)$/, describe: mysqlImage },
  { repository: /(^|\/)rabbitmq$/, describe: rabbitImage },
  { repository: /(^|\/)(nginx|httpd|caddy|traefik)$/, describe: () => ({ port: 80 }) },
]

/** The presets that `x-moorage: { preset }` names, with the image that such a service counts as. */
export const PRESET_IMAGES: { readonly [preset: string]: string } = {
  postgres: 'postgres',
  mongodb: 'mongo',
  redis: 'redis',
  mysql: 'mysql',
  rabbitmq: 'rabbitmq',
}

/** The image that a service runs, if its repository is known. Tag, digest and registry do not matter. */
export function knownImage(
  image: string,
  variables: Variables,
  command: readonly string[] = [],
): KnownImage | undefined {
  const repository = image.replace(/@.*$/, '').replace(/:[^/:]*$/, '')
  return IMAGES.find((known) => known.repository.test(repository))?.describe(variables, command)
}

function postgresImage(variables: Variables): KnownImage {
  const username = variables['POSTGRES_USER'] || 'postgres'
  const database = variables['POSTGRES_DB'] || username
  const password = variables['POSTGRES_PASSWORD'] ?? ''
  const url = ['postgresql://', login(username, password), host, ':', port, `/${encodeURIComponent(database)}`]
  return {
    port: 5432,
    connection: { host, port, username, password, database, url: { $join: url } },
    // A name that the preset does not take says nothing about the image, which does take it.
    ready:
      isPlainName(username) && isPlainName(database) ? probesOf(postgres({ username, database })) : [{ kind: 'tcp' }],
  }
}

function mongodbImage(variables: Variables): KnownImage {
  const username = variables['MONGO_INITDB_ROOT_USERNAME'] || undefined
  const password = variables['MONGO_INITDB_ROOT_PASSWORD'] ?? ''
  const database = variables['MONGO_INITDB_DATABASE'] || 'test'
  const query = `?directConnection=true${username === undefined ? '' : '&authSource=admin'}`
  const credentials = username === undefined ? '' : login(username, password)
  const url = ['mongodb://', credentials, host, ':', port, `/${encodeURIComponent(database)}${query}`]
  return {
    port: 27017,
    connection: { host, port, database, url: { $join: url } },
    ready: probesOf(mongodb({ auth: username !== undefined })),
  }
}

function redisImage(variables: Variables, command: readonly string[]): KnownImage {
  const flag = command.findIndex((word) => word === '--requirepass')
  const password = (flag < 0 ? variables['REDIS_PASSWORD'] : command[flag + 1]) || undefined
  const url = ['redis://', password === undefined ? '' : `:${encodeURIComponent(password)}@`, host, ':', port, '/0']
  const send = `${password === undefined ? '' : `AUTH ${password}\r\n`}PING\r\n`
  return {
    port: 6379,
    connection: { host, port, database: 0, url: { $join: url } },
    // A server whose password stands in a file of its own answers NOAUTH.
    ready: flag < 0 ? [{ kind: 'tcp' }] : [{ kind: 'exchange', send, expect: '+PONG', at: 'anywhere' }],
  }
}

function mysqlImage(variables: Variables): KnownImage {
  const setting = (name: string): string | undefined =>
    variables[`MYSQL_${name}`] || variables[`MARIADB_${name}`] || undefined
  const username = setting('USER') ?? 'root'
  const password = (username === 'root' ? setting('ROOT_PASSWORD') : setting('PASSWORD')) ?? ''
  const database = setting('DATABASE') ?? ''
  const url = ['mysql://', login(username, password), host, ':', port, `/${encodeURIComponent(database)}`]
  return {
    port: 3306,
    connection: { host, port, username, password, database, url: { $join: url } },
    // The greeting of protocol version 10. The image's temporary server has no network. Source: MySQL Internals.
    ready: [{ kind: 'exchange', expect: { hex: '0a' }, at: 'anywhere' }],
  }
}

function rabbitImage(variables: Variables): KnownImage {
  const username = variables['RABBITMQ_DEFAULT_USER'] || 'guest'
  const password = variables['RABBITMQ_DEFAULT_PASS'] ?? 'guest'
  return {
    port: 5672,
    connection: {
      host,
      port,
      username,
      password,
      url: { $join: ['amqp://', login(username, password), host, ':', port] },
    },
  }
}

function login(username: string, password: string): string {
  return `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`
}

function isPlainName(name: string): boolean {
  return /^[a-z_][a-z0-9_-]{0,62}$/i.test(name) && !/^(pg_|template[01]$|(public|none)$)/i.test(name)
}

function probesOf(service: unknown): readonly Probe[] {
  const spec = serviceOwner(service)?.spec as { readonly container?: Pick<ContainerForm, 'ready'> } | undefined
  return spec?.container?.ready ?? []
}
