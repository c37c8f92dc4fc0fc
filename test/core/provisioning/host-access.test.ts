import { expect, test } from 'vitest'
import { container, defineConfig, npmServer, redis, ref } from '../../../packages/moorage/src/index.ts'
import { createPlan, type Plan } from '../../../packages/core/src/config/plan.ts'
import type { Provider } from '../../../packages/core/src/contract/provider.ts'
import { requireHostAccess } from '../../../packages/core/src/provisioning/host-access.ts'
import { createEngine, inMemory } from '../../contract/in-memory/provider.ts'
import { thrownMessage } from '../../thrown-error.ts'

const api = npmServer()
const cache = redis()
const app = container({
  image: 'app:1',
  ports: { http: 80 },
  env: { API: api.url, CACHE: ref`${cache.host}:${cache.port}` },
})
const planOf = (services: Parameters<typeof defineConfig>[0]['services'], env: { [name: string]: string } = {}): Plan =>
  createPlan(defineConfig({ root: '/', services }), env)

const { hostAccess: _, ...without } = inMemory(createEngine())
const none: Provider = { ...without, name: 'other' }
const closed: Provider = { ...none, hostAccess: () => Promise.resolve({ reason: 'the door is shut', fix: 'Open it.' }) }
const open: Provider = { ...none, hostAccess: () => Promise.resolve(undefined) }

const reach = async (provider: Provider, { services }: Plan): Promise<void> => {
  const all = Object.entries(services)
  await requireHostAccess(
    provider,
    all.filter(([name]) => name === 'app'),
    all,
  )
}

test('a reference to a service beside the tests needs a way to this machine', async () => {
  const plan = planOf({ api, cache, app })
  await reach(open, plan)
  expect(await thrownMessage(() => reach(closed, plan))).toBe(
    'OPTION_UNSUPPORTED\nservices.app uses services.api, which runs on this machine, but provider other does not support that: the door is shut.\nOpen it.',
  )
  expect(await thrownMessage(() => reach(none, plan))).toBe(
    'OPTION_UNSUPPORTED\nservices.app uses services.api, which runs on this machine, but provider other does not support that: it gives containers no access to this machine.\nUse docker or kubernetes.',
  )
})

test('so do ports that are lent', async () => {
  const lends = container({ image: 'app:1', ports: {}, hostAccess: [3000] })
  expect(await thrownMessage(() => reach(closed, planOf({ app: lends })))).toBe(
    'OPTION_UNSUPPORTED\nservices.app.hostAccess is not supported by provider other: the door is shut.\nOpen it.',
  )
})

const theirs = (CACHE_URL: string): Plan =>
  planOf({ cache, app: container({ image: 'app:1', ports: {}, env: { CACHE: cache.url } }) }, { CACHE_URL })

test.each(['redis://localhost:6379/0', 'redis://127.0.0.1:6379', 'redis://[::1]:6379'])(
  "so does the user's own %s",
  async (url) => {
    expect(await thrownMessage(() => reach(closed, theirs(url)))).toMatch(
      /^OPTION_UNSUPPORTED\nservices\.app uses services\.cache, which runs on this machine,/,
    )
  },
)

test.each(['redis://cache.example:6379', 'redis://10.0.0.7:6379'])("but not the user's own %s", async (url) => {
  await reach(closed, theirs(url))
})
