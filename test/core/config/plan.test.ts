import { expect, test } from 'vitest'
import {
  defineConfig,
  npmServer,
  postgres,
  plainProcess as plain,
  redis,
  ref,
  type AnyConfig,
} from '../../../packages/moorage/src/index.ts'
import { createPlan, type Plan } from '../../../packages/core/src/config/plan.ts'
import { PAYLOAD_VARIABLE, urlVariable } from '../../../packages/core/src/config/url-variables.ts'

const root = '/project'
const plan = (services: Parameters<typeof defineConfig>[0]['services'], env: { [name: string]: string } = {}): Plan =>
  createPlan(defineConfig({ root, services }) as AnyConfig, env)

test('a reference is a need, an explicit need is kept, and a reference makes it at least ready', () => {
  const [db, cache] = [postgres(), redis()]
  const { services } = plan({
    db,
    cache,
    api: npmServer({ env: { DB: ref`${db.url}?x` }, needs: { db: 'started', cache: 'started' } }),
  })
  expect(services['api']?.needs).toEqual({ db: 'ready', cache: 'started' })
  expect(services['db']?.needs).toEqual({})
})

test('completed is more than ready', () => {
  const db = postgres()
  expect(
    plan({ db, api: npmServer({ env: { DB: db.url }, needs: { db: 'completed' } }) }).services['api']?.needs,
  ).toEqual({ db: 'completed' })
})

test.each([
  ['db', 'DB_URL'],
  ['mainDb', 'MAIN_DB_URL'],
  ['main-db', 'MAIN_DB_URL'],
  ['db2Copy', 'DB2_COPY_URL'],
])('%s sets %s', (name, variable) => {
  expect(urlVariable(name, {})).toBe(variable)
})

test('as names the variable', () => {
  expect(plan({ db: postgres({ as: 'DATABASE_URL' }) }).services['db']?.variable).toBe('DATABASE_URL')
})

test("a user's URL is taken as it is; an empty one is none", () => {
  expect(plan({ db: postgres() }, { DB_URL: 'postgres://me@host/x' }).services['db']?.given).toBe(
    'postgres://me@host/x',
  )
  expect(plan({ db: postgres() }, { DB_URL: '' }).services['db']).not.toHaveProperty('given')
})

test("a URL that an outer run set is not a user's: the run is joined, not passed through", () => {
  const payload = {
    run: 'r',
    hash: 'h',
    identity: 'i',
    variables: ['DB_URL'],
    services: { db: { url: 'postgres://ours/x' } },
  }
  const env = { DB_URL: 'postgres://ours/x', [PAYLOAD_VARIABLE]: JSON.stringify(payload) }
  expect(plan({ db: postgres() }, env).services['db']).not.toHaveProperty('given')
  expect(plan({ db: postgres() }, { ...env, [PAYLOAD_VARIABLE]: '{ not JSON' }).services['db']?.given).toBe(
    'postgres://ours/x',
  )
})

test('the hash: equal for equal configs, another for any other', () => {
  const first = plan({ db: postgres(), cache: redis() }).hash
  expect(plan({ cache: redis(), db: postgres() }).hash).toBe(first)
  const provider = createPlan(
    defineConfig({ root, provider: plain(), services: { db: postgres(), cache: redis() } }) as AnyConfig,
    {},
  )
  const others = [
    plan({ db: postgres({ database: 'x' }), cache: redis() }),
    plan({ db: postgres() }),
    plan({ db: postgres(), cache: redis() }, { DB_URL: 'postgres://h/x' }),
    provider,
  ]
  expect(new Set([first, ...others.map(({ hash }) => hash)]).size).toBe(5)
})

test('the hash knows the order of ports: the first one is the main port', () => {
  const app = (ports: { [name: string]: number }): AnyConfig =>
    ({ root, services: { app: { preset: 'x', ports } } }) as unknown as AnyConfig
  expect(createPlan(app({ a: 1, b: 2 }), {}).hash).not.toBe(createPlan(app({ b: 2, a: 1 }), {}).hash)
})
