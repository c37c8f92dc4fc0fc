import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import {
  container,
  defineConfig,
  docker,
  npmServer,
  postgres,
  redis,
  ref,
} from '../../../packages/moorage/src/index.ts'
import { thrownMessage } from '../../thrown-error.ts'

const root = '/project'

test('a reference becomes data that names its service and field', () => {
  const db = postgres()
  const config = defineConfig({
    root,
    services: { main: db, api: npmServer({ env: { DB: db.url, PORT_OF_DB: db.port } }) },
  })
  expect(config.services.api.process?.env).toEqual({
    DB: { $ref: ['main', 'url'] },
    PORT_OF_DB: { $ref: ['main', 'port'] },
    PORT: { $self: ['port'] },
    HOST: '127.0.0.1',
  })
})

test('text with references inside becomes a join, nested ones too', () => {
  const [db, cache] = [postgres(), redis()]
  const env = { BOTH: ref`${db.url}|${ref`${cache.host}:${7}`}`, PLAIN: ref`just text` }
  const config = defineConfig({ root, services: { db, cache, api: npmServer({ env }) } })
  expect(config.services.api.process?.env).toMatchObject({
    BOTH: { $join: [{ $ref: ['db', 'url'] }, '|', { $join: [{ $ref: ['cache', 'host'] }, ':', 7] }] },
    PLAIN: { $join: ['just text'] },
  })
})

test('a port by its name, further down', () => {
  const app = container({ image: 'app:1', ports: { http: 80, grpc: 90 } })
  const config = defineConfig({ root, services: { app, api: npmServer({ env: { GRPC: app.ports.grpc.port } }) } })
  expect(config.services.api.process?.env).toMatchObject({ GRPC: { $ref: ['app', 'ports', 'grpc', 'port'] } })
})

test('the whole config survives JSON, and undefined options are not there', () => {
  const config = defineConfig({
    root,
    provider: docker(),
    services: { db: postgres({ as: 'DATABASE_URL', needs: {} }), app: container({ image: 'a:1', ports: {} }) },
  })
  expect(JSON.parse(JSON.stringify(config))).toEqual(config)
  expect(Object.keys(config.services.app.container ?? {})).toEqual(['image', 'connection', 'ready'])
})

test('relative paths are relative to the file that calls defineConfig', () => {
  expect(defineConfig({ services: { db: postgres() } }).root).toBe(import.meta.dirname)
})

test('a reference shows what it is, and no more can be made of it', async () => {
  const { url } = postgres()
  expect(inspect(url)).toBe('Ref(postgres().url)')
  const refusals = [
    () => `${url as unknown as string}`,
    () => (url as unknown as string) + '/x',
    () => JSON.stringify({ url }),
    () => Number(url),
  ]
  for (const work of refusals) {
    expect(await thrownMessage(work)).toBe(
      'CONFIG_INVALID\npostgres().url has no value until the service runs.\nIn a config write ref`${postgres().url}…`. In a test call services().',
    )
  }
})

test('ref as a function is refused in words', async () => {
  expect(await thrownMessage(() => (ref as (...args: unknown[]) => unknown)({}, 'url'))).toBe(
    'CONFIG_INVALID\nref is called as a function, but it is a template tag.\nWrite ref`${db.url}/shop`, or use the value itself: db.url.',
  )
})
