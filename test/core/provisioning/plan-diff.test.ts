import { expect, test } from 'vitest'
import {
  defineConfig,
  npmServer,
  redis,
  ref,
  staticServer,
  type AnyConfig,
  type AnyService,
} from '../../../packages/moorage/src/index.ts'
import { createPlan, type Plan } from '../../../packages/core/src/config/plan.ts'
import { servicesToStart, runsToItsEnd } from '../../../packages/core/src/provisioning/plan-diff.ts'

type Services = { readonly [name: string]: AnyService }

/** `web` needs `api` needs `db`; `page` needs none. */
function all(edit: { readonly api?: string; readonly page?: boolean } = {}): Services {
  const db = redis()
  const api = npmServer({ env: { DB: db.url, EDITION: edit.api ?? 'first' } })
  return {
    db,
    api,
    web: npmServer({ env: { API: ref`${api.url}/` } }),
    page: staticServer({ root: '.', ...(edit.page ? { spa: true } : {}) }),
  }
}

const services = (of: Services): Plan['services'] =>
  createPlan(defineConfig({ root: import.meta.dirname, services: of }) as AnyConfig, {}).services
const changed = (before: Services, after: Services, ...dead: string[]): readonly string[] =>
  [...servicesToStart(services(before), services(after), new Set(dead))].toSorted()

test('the same config again: nothing starts', () => {
  expect(changed(all(), all())).toEqual([])
})

test('at first everything does', () => {
  expect([...servicesToStart({}, services(all()), new Set())]).toEqual(['db', 'api', 'web', 'page'])
})

test('what has changed, and whatever needs it, by any number of steps', () => {
  expect(changed(all(), all({ page: true }))).toEqual(['page'])
  expect(changed(all(), all({ api: 'second' }))).toEqual(['api', 'web'])
})

test('what has died, and whatever needs it', () => {
  expect(changed(all(), all(), 'db')).toEqual(['api', 'db', 'web'])
  expect(changed(all(), all(), 'web')).toEqual(['web'])
})

test('what is new; a removed service affects no other', () => {
  const { page, ...rest } = all()
  expect(changed(rest, { ...rest, page: page as AnyService })).toEqual(['page'])
  expect(changed({ ...rest, page: page as AnyService }, rest)).toEqual([])
})

test('a service whose end is waited for from now on runs once more', () => {
  const db = redis()
  const before = { db, api: npmServer({ needs: { db: 'ready' } }) }
  const after = { db, api: npmServer({ needs: { db: 'completed' } }) }
  expect(runsToItsEnd(services(after), 'db')).toBe(true)
  expect(changed(before, after)).toEqual(['api', 'db'])
})
