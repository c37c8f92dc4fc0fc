import { expect, test } from 'vitest'
import { createPlan } from '../../../packages/core/src/config/plan.ts'
import { planVariables, runVariables } from '../../../packages/core/src/config/exported-variables.ts'
import type { EnvVariables } from '../../../packages/core/src/config/url-variables.ts'
import {
  defineConfig,
  mongodb,
  plainProcess as plain,
  redis,
  type AnyConfig,
} from '../../../packages/moorage/src/index.ts'

const root = process.cwd()
const config = defineConfig({
  root,
  provider: plain(),
  services: { db: mongodb(), cache: redis({ isolate: 'worker' }) },
}) as AnyConfig
const connections = { db: { url: 'mongodb://me/x' }, cache: { url: 'redis://ours/0' } }

function handedOut(env: EnvVariables): { readonly [name: string]: string } {
  const plan = createPlan(config, env)
  // As the supervisor passes it on: as JSON.
  const passed = JSON.parse(JSON.stringify(planVariables(plan))) as ReturnType<typeof planVariables>
  return runVariables({ run: 'r', identity: 'i', connections, plan: passed }, env)
}

test('URLs, and a payload from which workers open slots; a URL that the user has set is not ours', () => {
  const { MOORAGE = '', ...urls } = handedOut({ DB_URL: 'mongodb://me/x' })
  expect(urls).toEqual({ DB_URL: 'mongodb://me/x', CACHE_URL: 'redis://ours/0' })
  expect(JSON.parse(MOORAGE)).toMatchObject({
    run: 'r',
    identity: 'i',
    variables: ['CACHE_URL'],
    services: connections,
  })
  expect(JSON.parse(MOORAGE)).toHaveProperty('isolated.cache', expect.objectContaining({ each: 'worker', root }))
})

test('the next run with these variables takes the URL of the user, and joins the rest', () => {
  const env = handedOut({ DB_URL: 'mongodb://me/x' })
  const { services } = createPlan(config, env)
  expect(services['db']?.given).toBe('mongodb://me/x')
  expect(services['cache']).not.toHaveProperty('given')
})

test('a further variable of a service keeps the value that the user has set', () => {
  const plan = {
    hash: 'h',
    services: { web: { variable: 'WEB_URL', given: false, fixed: { TLS_CA: 'ours', MODE: 'ours' } } },
  }
  const run = { run: 'r', identity: 'i', connections: {}, plan }
  const env = runVariables(run, { MODE: 'theirs' })
  expect(env).toMatchObject({ TLS_CA: 'ours' })
  expect(env).not.toHaveProperty('MODE')
  expect(JSON.parse(env['MOORAGE'] ?? '')).toMatchObject({ variables: ['WEB_URL', 'TLS_CA'] })
  expect(runVariables(run, { ...env })).toEqual(expect.objectContaining({ TLS_CA: 'ours', MODE: 'ours' }))
})
