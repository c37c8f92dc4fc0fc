import { existsSync } from 'node:fs'
import type { MongodbOptions } from '../../../packages/services/src/presets/mongodb.ts'
import { expect, test } from 'vitest'
import {
  container,
  defineConfig,
  mongodb,
  npmServer,
  postgres,
  redis,
  staticServer,
  type AnyConfig,
} from '../../../packages/moorage/src/index.ts'
import { resolveConnection } from '../../../packages/core/src/provisioning/resolve-template.ts'
import type { TemplateScope } from '../../../packages/core/src/provisioning/template-scope.ts'
import { thrownMessage } from '../../thrown-error.ts'
import type { FileRef, Form, ServiceSpec } from '../../../packages/core/src/contract/service.ts'

const services = {
  mongodb: mongodb(),
  open: mongodb({ auth: false, database: 'shop' }),
  postgres: postgres({ username: 'me', database: 'shop' }),
  redis: redis(),
  web: staticServer({ root: '.' }),
  api: npmServer(),
  app: container({ image: 'app:1', ports: { http: 80, grpc: 90 }, protocol: 'h2c' }),
}
const specs = (defineConfig({ root: process.cwd(), services }) as unknown as AnyConfig).services

const address: { readonly [path: string]: string | number } = {
  host: '127.0.0.1',
  port: 4000,
  'ports.http.host': '127.0.0.1',
  'ports.http.port': 4000,
  'ports.grpc.host': '127.0.0.1',
  'ports.grpc.port': 4001,
}
const scope: TemplateScope = {
  ref: () => 'none',
  self: (path) => address[path.join('.')] ?? `no ${path.join('.')}`,
  secret: () => 's3cret',
}

function connection(name: keyof typeof services, form: 'container' | 'process'): object {
  const chosen = specs[name]?.[form] as Form
  return resolveConnection(chosen.connection, scope)
}

test.each<[keyof typeof services, 'container' | 'process', string]>([
  ['mongodb', 'container', 'mongodb://root:s3cret@127.0.0.1:4000/test?directConnection=true&authSource=admin'],
  ['mongodb', 'process', 'mongodb://127.0.0.1:4000/test?directConnection=true'],
  ['open', 'container', 'mongodb://127.0.0.1:4000/shop?directConnection=true'],
  ['postgres', 'container', 'postgresql://me:s3cret@127.0.0.1:4000/shop'],
  ['postgres', 'process', 'postgresql://me:s3cret@127.0.0.1:4000/shop'],
  ['redis', 'container', 'redis://:s3cret@127.0.0.1:4000/0'],
  ['web', 'container', 'http://127.0.0.1:4000'],
  ['api', 'process', 'http://127.0.0.1:4000'],
  ['app', 'container', 'h2c://127.0.0.1:4000'],
])('%s as a %s: the URL that a driver needs', (name, form, url) => {
  expect(connection(name, form)).toMatchObject({ host: '127.0.0.1', port: 4000, url })
})

test('a container without names of its own: every port by its name', () => {
  expect(connection('app', 'container')).toMatchObject({ ports: { http: { port: 4000 }, grpc: { port: 4001 } } })
})

test.each(Object.entries({ mongodb: 'mongo:8.0', postgres: 'postgres:17', redis: 'redis:7', web: 'nginx:1.28' }))(
  '%s runs %s, and never as root',
  (name, image) => {
    expect(specs[name]?.container).toMatchObject({
      image,
      user: expect.stringMatching(/^[1-9]\d*:[1-9]\d*$/) as string,
    })
  },
)

test('another version, another image', () => {
  const at = (service: ReturnType<typeof redis<never>>): ServiceSpec['container'] =>
    (defineConfig({ root: '/', services: { x: service } }) as unknown as AnyConfig).services['x']?.container
  expect(at(redis({ version: '8-alpine' }))?.image).toBe('redis:8-alpine')
  expect(at(redis({ image: 'mirror/redis@sha256:1' }))?.image).toBe('mirror/redis@sha256:1')
})

test('data stay in memory', () => {
  for (const name of ['mongodb', 'postgres', 'redis', 'web'])
    expect(specs[name]?.container?.tmpfs?.length, name).toBeGreaterThan(0)
})

test('every program that a preset names is there', () => {
  for (const [name, { process: form }] of Object.entries(specs)) {
    const program = (form?.program as FileRef | undefined)?.$file
    if (name === 'app') expect(form).toBeUndefined()
    else expect(existsSync(program ?? ''), `${name}: ${program}`).toBe(true)
  }
})

const refusals: readonly [what: string, create: () => unknown, text: string][] = [
  [
    'a database that accepts no sessions',
    () => postgres({ database: 'template0' }),
    "CONFIG_INVALID\npostgres({ database }): PostgreSQL reserves the name 'template0'.\nChoose another name.",
  ],
  [
    'a role that PostgreSQL refuses',
    () => postgres({ username: 'pg_me' }),
    "CONFIG_INVALID\npostgres({ username }): PostgreSQL reserves the name 'pg_me'.\nChoose another name.",
  ],
  [
    'a setting that moorage needs',
    () => postgres({ settings: { port: 1 } }),
    'CONFIG_INVALID\npostgres({ settings: { port } }): moorage sets port itself.\nRemove the setting.',
  ],
  [
    'a setting of two lines',
    () => redis({ settings: { 'client-output-buffer-limit': 'a\nb' } }),
    "CONFIG_INVALID\nredis({ settings: { 'client-output-buffer-limit' } }) is not a number, a boolean or a single line of text.\nWrite settings as the server's configuration file spells them, such as max_connections: 200.",
  ],
  [
    'a setting with a space in its name',
    () => postgres({ settings: { 'max connections': 1 } }),
    "CONFIG_INVALID\npostgres({ settings: { 'max connections' } }) is not the name of a setting.\nWrite settings as the server's configuration file spells them, such as max_connections: 200.",
  ],
  [
    'a locale that is none',
    () => postgres({ locale: 'de DE' }),
    "CONFIG_INVALID\npostgres({ locale }): 'de DE' is not the name of a locale.\nGive a name as `locale -a` lists it, such as 'C' or 'en_US.utf8'.",
  ],
]

test.for(refusals)('%s is refused', async ([, create, text]) => {
  expect(await thrownMessage(create)).toBe(text)
})

test('an image of one’s own keeps its command, and its server reads the settings', () => {
  const config = defineConfig({
    root: '/',
    services: { x: postgres({ image: 'mine:1', settings: { max_connections: 200, jit: false, search_path: "a'b" } }) },
  })
  const form = (config as unknown as AnyConfig).services['x']?.container
  expect(form?.command).toBeUndefined()
  expect(form?.files).toEqual({
    '/docker-entrypoint-initdb.d/00-moorage.sh': {
      content: [
        `cat >> "$PGDATA/postgresql.auto.conf" <<'SETTINGS'`,
        "fsync = 'off'",
        "synchronous_commit = 'off'",
        "full_page_writes = 'off'",
        "max_connections = '200'",
        "jit = 'off'",
        "search_path = 'a''b'",
        'SETTINGS\n',
      ].join('\n'),
    },
  })
})

test('mongodb({ replicaSet }): the command of the container, with a key where there is a login', () => {
  const containerOf = (options: MongodbOptions<never>): ServiceSpec['container'] =>
    (defineConfig({ root: '/', services: { x: mongodb(options) } }) as unknown as AnyConfig).services['x']?.container
  const initiated = { options: { member: '127.0.0.1:27017' } }
  expect(containerOf({ replicaSet: true, auth: false })).toMatchObject({
    command: ['mongod', '--replSet', 'rs0'],
    prepare: initiated,
  })
  const withLogin = containerOf({ replicaSet: true })
  expect(withLogin).toMatchObject({
    env: { MOORAGE_REPLICA_SET_KEY: { $secret: 'key' } },
    prepare: initiated,
    ready: [
      { send: {}, expect: {} },
      { send: {}, expect: {} },
    ],
  })
  expect(withLogin?.command).toEqual([
    'sh',
    '-c',
    [
      '(umask 077; printf %s "$MOORAGE_REPLICA_SET_KEY" > /data/configdb/moorage.key) || exit',
      'exec docker-entrypoint.sh "$@"',
    ].join('\n'),
    'sh',
    'mongod',
    '--replSet',
    'rs0',
    '--keyFile',
    '/data/configdb/moorage.key',
  ])
  expect(containerOf({})).not.toHaveProperty('command')
})
