import type { AnyConfig } from '@moorage/core'
import { createPlan, inspectProviders, type Plan, type ProviderInspection } from '@moorage/core/runner'
import { expect, test } from 'vitest'
import type { ProviderRef } from '../../../packages/core/src/contract/provider.ts'

/** A provider whose module is its own source. */
function providerRef(name: string, body: string, form = 'container'): ProviderRef {
  const source = `export const provider = () => ({ name: '${name}', form: '${form}', open() {}, ${body} })`
  return { name, module: `data:text/javascript,${encodeURIComponent(source)}`, options: {} }
}

const absent = providerRef('absent', "probe: async () => ({ ok: false, reason: 'it is off', fix: 'turn it on' })")
const broken = providerRef(
  'broken',
  "probe: async () => ({ ok: false, broken: true, reason: 'no SDK', fix: 'install it' })",
)
const faulty = providerRef('faulty', "probe: async () => { throw new RangeError('oops.') }")
const works = providerRef(
  'works',
  "probe: async () => ({ ok: true, detail: 'here' }), check: () => [{ at: 'tty', reason: 'it has no terminals', fix: 'Omit it.' }]",
)

const redis = { preset: 'redis', ports: { main: 6379 }, container: { image: 'redis:7', connection: {} } }
const plan = createPlan({ services: { cache: redis }, root: '/' } as unknown as AnyConfig, {})

async function inspect(
  providers: readonly ProviderRef[],
  options: { readonly plan?: Plan; readonly env?: { readonly [name: string]: string } } = {},
): Promise<ProviderInspection> {
  const signal = new AbortController().signal
  return await inspectProviders({ providers }, { env: {}, root: '/', signal, ...options })
}

test('the choice of a start, with the reasons against the others, and the options that it refuses', async () => {
  const { providers, choice, services, units, unsupported } = await inspect([absent, works], { plan })
  expect(providers.map(({ name, probe }) => [name, probe.ok])).toEqual([
    ['absent', false],
    ['works', true],
  ])
  expect(choice).toEqual({ name: 'works', reason: 'here; no absent: it is off' })
  expect(Object.keys(services)).toEqual(['cache'])
  expect(units).toMatchObject([{ name: 'cache', container: { image: 'redis:7' } }])
  expect(unsupported?.message).toBe(
    'services.cache.tty is not supported by provider works: it has no terminals.\nOmit it.',
  )
})

test('without services, the machine alone is inspected', async () => {
  const { choice, services, units, unsupported } = await inspect([works])
  expect({ choice, services, units, unsupported }).toEqual({
    choice: { name: 'works', reason: 'here' },
    services: {},
    units: [],
    unsupported: undefined,
  })
})

test.for<
  readonly [what: string, providers: readonly ProviderRef[], env: { readonly [name: string]: string }, text: string]
>([
  [
    'none can be used',
    [absent],
    {},
    'No provider can be used for these services.\n  absent: it is off. To use it: turn it on.',
  ],
  [
    'one is there and cannot be used',
    [broken, works],
    {},
    'Provider broken was found but cannot be used: no SDK.\nInstall it.',
  ],
  [
    'the user chose one that is off',
    [absent, works],
    { MOORAGE_PROVIDER: 'absent' },
    'Provider absent, chosen by MOORAGE_PROVIDER=absent, cannot be used: it is off.\nTurn it on.',
  ],
  [
    'the user chose one that does not exist',
    [absent, works],
    { MOORAGE_PROVIDER: 'dokcer' },
    "MOORAGE_PROVIDER is 'dokcer', which is not the name of a provider.\nUnset it, or set it to one of absent, works.",
  ],
  [
    'a provider has a bug',
    [faulty],
    {},
    'Provider faulty was found but cannot be used: oops.\nReport it: this is a bug in that provider.',
  ],
])('no choice: %s', async ([_what, providers, env, text]) => {
  const { choice } = await inspect(providers, { plan, env })
  expect('error' in choice && choice.error.message).toBe(text)
})

test('a provider that fails to load is a problem of that provider alone', async () => {
  const unloadable: ProviderRef = { name: 'unloadable', module: 'data:text/javascript,syntax error', options: {} }
  const { providers, choice } = await inspect([works, unloadable], { plan })
  expect(providers[1]).toMatchObject({ name: 'unloadable', probe: { ok: false, broken: true } })
  expect(providers[1]?.provider).toBeUndefined()
  expect(choice).toEqual({ name: 'works', reason: 'here' })
})
