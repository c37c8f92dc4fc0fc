import { afterEach, expect, test, vi } from 'vitest'
import { isolated } from '../../../packages/core/src/isolated.ts'
import { isStaleSlot, slotPrefix, slotName, currentSlot } from '../../../packages/core/src/worker/slot-name.ts'
import { createPlan } from '../../../packages/core/src/config/plan.ts'
import { isolatedServices } from '../../../packages/core/src/config/isolated-services.ts'
import { defineConfig, postgres, redis, type AnyConfig } from '../../../packages/moorage/src/index.ts'
import { thrownMessage } from '../../thrown-error.ts'

afterEach(() => void vi.unstubAllEnvs())

const isolate = (name: string): Promise<unknown> => isolated(name)

test.each([
  ['Vitest', { VITEST_POOL_ID: '3', VITEST_WORKER_ID: '17' }, '3'],
  ['Playwright', { TEST_PARALLEL_INDEX: '0', TEST_WORKER_INDEX: '9' }, '0'],
  ['Jest', { JEST_WORKER_ID: '2' }, '2'],
  ['Mocha', { MOCHA_WORKER_ID: '1' }, '1'],
  ['node:test', { NODE_TEST_WORKER_ID: '4' }, '4'],
  ['Playwright, started by a test of Vitest', { VITEST_POOL_ID: '3', TEST_PARALLEL_INDEX: '1' }, '3_1'],
  ['none that numbers its workers', {}, `p${process.pid}`],
])('the slot of a worker of %s', (_runner, env, slot) => {
  expect(currentSlot(env).replace(/^t/, '')).toBe(slot)
})

test('the name of a slot says run, runner and slot, and suits PostgreSQL and MongoDB however long the run is', () => {
  const long = `ci-${'9'.repeat(30)}-${'8'.repeat(20)}-abcdef`
  const names = [
    slotName('dev-1a2b3c4d', '1'),
    slotName('dev-1a2b3c4d', '2'),
    slotName(long, 't123456789012_12'),
    slotName(`${long}x`, 't123456789012_12'),
  ]
  expect(new Set(names).size).toBe(4)
  for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9_]{1,62}$/)
  expect(names[0]).toMatch(/^dev_1a2b3c4d_[0-9a-f]{4}_\d+_[0-9a-z]+_1$/)
})

test('a slot is stale only when its runner is provably gone', () => {
  const prefix = slotPrefix('dev-1')
  const own = slotName('dev-1', '1')
  const dead = own.replace(/_\d+_([0-9a-z]+)_1$/, '_4194000_$1_1')
  expect(
    [own, dead, dead.replace('dev_1_', 'dev_2_'), dead.replace(/^dev_1_..../, 'dev_1_zzzz'), `${prefix}other`].map(
      (name) => isStaleSlot(name, prefix),
    ),
  ).toEqual([false, true, false, false, false])
})

test('not isolated: the shared connection', async () => {
  vi.stubEnv(
    'MOORAGE',
    JSON.stringify({
      run: 'dev-1',
      hash: 'x',
      identity: 'x',
      variables: [],
      services: { db: { url: 'postgres://a' } },
    }),
  )
  expect(await isolate('db')).toEqual({ url: 'postgres://a' })
})

test('no services, a name that is none, a service that is given: each refused in words', async () => {
  vi.stubEnv('MOORAGE', undefined)
  expect(await thrownMessage(() => isolate('db'))).toBe(
    "USAGE\nisolated('db'): the variable MOORAGE is not set, so no services run for this test.\nAdd plugins: [moorage()] to vitest.config.ts, globalSetup: 'moorage/playwright' to playwright.config.ts, or run the tests with `moorage exec -- <command>`.",
  )
  const config = defineConfig({
    root: process.cwd(),
    services: { db: postgres({ isolate: 'test' }), cache: redis() },
  }) as unknown as AnyConfig
  const plan = createPlan(config, { DB_URL: 'postgres://user:secret@db.example/shop' })
  vi.stubEnv(
    'MOORAGE',
    JSON.stringify({
      run: 'dev-1',
      hash: 'x',
      identity: 'x',
      variables: [],
      services: { db: {}, cache: {} },
      ...isolatedServices(plan),
    }),
  )
  expect(await thrownMessage(() => isolate('bd'))).toBe(
    "USAGE\nisolated('bd'): services.bd is not running here.\nThe running services are: db, cache.",
  )
  expect(await thrownMessage(() => isolate('toString'))).toBe(
    "USAGE\nisolated('toString'): services.toString is not running here.\nThe running services are: db, cache.",
  )
  expect(await thrownMessage(() => isolate('db'))).toBe(
    "USAGE\nisolated('db'): DB_URL is set, and moorage never seeds, resets or drops a database that you supply.\nUnset DB_URL to let moorage start services.db, or share your database: isolate: false.",
  )
})
