import type { AnyConfig } from '@moorage/core'
import { createPlan, inspectBuilders } from '@moorage/core/runner'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ImageStores } from '../../../packages/core/src/contract/build-spec.ts'
import type { Provider, ProviderRef } from '../../../packages/core/src/contract/provider.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'moorage-builders-'))
  writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Builders whose module is its own source. Each says what it was asked, and builds nothing. */
function buildersRef(first: string): ProviderRef {
  const source = `const builder = (probe) => ({ probe, build() { throw 1 }, publish() { throw 1 }, remove() { throw 1 } })
  export const provider = () => ({ builders: new Map([
    ['first', builder(async (build) => (${first}))],
    ['second', builder(async ({ tag }) => ({ ok: true, detail: tag.replace(/[0-9a-f]{12}$/, 'HASH') }))],
  ]) })`
  return { name: 'builders', module: `data:text/javascript,${encodeURIComponent(source)}`, options: {} }
}

const ABSENT = "{ ok: false, reason: 'it is absent', fix: 'Install it.' }"
const ENGINE: ImageStores = { stores: [{ kind: 'engine', host: 'unix:///x', buildKit: true }], platforms: [] }

function inspect(stores: ImageStores | undefined, builders?: ProviderRef): ReturnType<typeof inspectBuilders> {
  const image = { context: folder }
  const app = { preset: 'container', ports: { http: 80 }, container: { image, connection: {} } }
  const plan = createPlan({ services: { app }, root: folder } as unknown as AnyConfig, {})
  const provider: Provider = {
    name: 'works',
    form: 'container',
    probe: () => Promise.resolve({ ok: true, detail: '' }),
    open: () => Promise.reject(new RangeError('it opens nothing')),
    ...(stores ? { imageStores: () => Promise.resolve(stores) } : {}),
  }
  const { signal } = new AbortController()
  return inspectBuilders(builders ? { builders } : {}, { provider, plan, signal })
}

test('the first builder that can build for the store of the provider', async () => {
  expect(await inspect(ENGINE, buildersRef(ABSENT))).toEqual([
    { service: 'app', builder: 'second', detail: 'localhost/moorage/app:moorage-doctor-HASH' },
  ])
})

test('none can: the reasons of all', async () => {
  const none = { stores: [], platforms: [], fix: 'Set MOORAGE_REGISTRY.' }
  for (const [stores, builders, hint] of [
    [ENGINE, undefined, 'services.app.image: no builder can be used.'],
    [none, buildersRef(ABSENT), 'services.app.image: no builder can be used.\nSet MOORAGE_REGISTRY.'],
  ] as const)
    expect((await inspect(stores, builders)).map((build) => 'error' in build && build.error.message)).toEqual([hint])
})

test('a provider that runs only images of registries: that is an option which it does not support', async () => {
  expect(await inspect(undefined, buildersRef(ABSENT))).toEqual([])
})
