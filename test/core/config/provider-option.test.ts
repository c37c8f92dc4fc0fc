import { expect, test } from 'vitest'
import { createPlan } from '../../../packages/core/src/config/plan.ts'
import { createOpenRequest } from '../../../packages/core/src/client/open-request.ts'
import {
  defineConfig,
  docker,
  kubernetes,
  plainProcess,
  redis,
  type AnyConfig,
} from '../../../packages/moorage/src/index.ts'
import { installation } from '../../../packages/moorage/src/provision.ts'

const services = { db: redis() }
const resources = { limits: { memory: '1Gi' } }

function candidates(config: AnyConfig, env: { readonly [name: string]: string } = {}): unknown {
  const { inOrder, explicit } = createOpenRequest(installation, config, { env }).request.candidates
  return { inOrder: inOrder.map(({ name, options }) => ({ name, options })), explicit: explicit?.provider.options }
}

test('options of every provider in one config choose none', () => {
  const config = defineConfig({ services, docker: { ryuk: true }, kubernetes: { resources } })
  expect(candidates(config)).toEqual({
    inOrder: [
      { name: 'docker', options: { ryuk: true } },
      { name: 'kubernetes', options: { resources } },
      { name: 'nerdctl', options: {} },
      { name: 'process', options: {} },
    ],
    explicit: undefined,
  })
})

test('the chosen provider has them, by the config and by the variable; its own win', () => {
  const chosen = defineConfig({ services, provider: kubernetes({ grace: 60 }), kubernetes: { grace: 30, resources } })
  expect(candidates(chosen)).toMatchObject({ explicit: { grace: 60, resources } })
  const config = defineConfig({ services, kubernetes: { resources } })
  expect(candidates(config, { MOORAGE_PROVIDER: 'kubernetes' })).toMatchObject({ explicit: { resources } })
  const plain = defineConfig({ services, provider: plainProcess(), docker: { ryuk: true } })
  expect(candidates(plain)).toMatchObject({ explicit: {} })
})

test('they are part of the hash and of the family', () => {
  const bare = defineConfig({ services })
  const withOptions = defineConfig({ services, docker: { ryuk: true } })
  expect(createPlan(bare, {}).hash).not.toBe(createPlan(withOptions, {}).hash)
  const family = (config: AnyConfig): string => createOpenRequest(installation, config, { env: {} }).request.family
  expect(family(bare)).not.toBe(family(withOptions))
  expect(family(withOptions)).toBe(family(defineConfig({ services, docker: { ryuk: true } })))
})

test('an unknown one is refused under the name of the provider', () => {
  expect(() => defineConfig({ services, docker: { host: 'x', ruyk: true } as Parameters<typeof docker>[0] })).toThrow(
    'docker({ ruyk }): there is no such option.\nDid you mean ryuk?',
  )
})
