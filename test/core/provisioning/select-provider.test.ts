import { expect, test } from 'vitest'
import type { ProbeResult, Provider, ProviderRef } from '@moorage/core'
import { monotonicClock } from '../../../packages/core/src/provider-kit/clock.ts'
import type { ProviderCandidates } from '../../../packages/core/src/protocol/run-request.ts'
import { selectProvider } from '../../../packages/core/src/provisioning/select-provider.ts'
import { runtimeProblem } from '../../../packages/provider-docker/src/engine/load-sdk.ts'
import { thrownMessage } from '../../thrown-error.ts'

const refs = ['docker', 'kubernetes', 'process'].map((name): ProviderRef => ({
  name,
  module: `test:${name}`,
  options: {},
}))
const there: ProbeResult = { ok: true, detail: 'there' }
const absent: ProbeResult = { ok: false, reason: 'no socket', fix: 'start it' }

/** Chooses among three providers that answer as told; gives the choice as `name (reason)`. */
async function choose(
  answers: { readonly [name: string]: ProbeResult | Error },
  how: Partial<ProviderCandidates> = {},
  imaged = ['db'],
): Promise<string> {
  const load = (ref: ProviderRef): Promise<Provider> =>
    Promise.resolve({
      name: ref.name,
      form: ref.name === 'process' ? 'process' : 'container',
      probe: () => {
        const answer = answers[ref.name] ?? absent
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
      },
      open: () => Promise.reject(new RangeError('not here')),
    })
  const choosing = { load, signal: new AbortController().signal, clock: monotonicClock }
  const { ref, reason } = await selectProvider({ inOrder: refs, ci: false, ...how }, imaged, choosing)
  return `${ref.name} (${reason})`
}

const named = (name: string, by: string): Pick<ProviderCandidates, 'explicit'> => ({
  explicit: { provider: refs.find((ref) => ref.name === name) as ProviderRef, by },
})

test('the first that can be used, and why not the ones before it', async () => {
  expect(await choose({ docker: there, process: there })).toBe('docker (there)')
  expect(await choose({ process: there })).toBe('process (there; no docker: no socket; no kubernetes: no socket)')
})

test('the one that is named, wherever it stands', async () => {
  expect(await choose({ docker: there, process: there }, named('process', 'the config'))).toBe(
    'process (there; chosen by the config)',
  )
})

test('in CI no service with an image falls back to processes; one that is named, or has no image, runs as one', async () => {
  expect(await choose({ process: there }, { ci: true, ...named('process', 'MOORAGE_PROVIDER=process') })).toBe(
    'process (there; chosen by MOORAGE_PROVIDER=process)',
  )
  expect(await choose({ process: there }, { ci: true }, [])).toBe(
    'process (there; no docker: no socket; no kubernetes: no socket)',
  )
  expect(await thrownMessage(() => choose({ process: there }, { ci: true }))).toBe(`PROVIDER_UNAVAILABLE
No provider can be used for these services.
  docker: no socket. To use it: start it.
  kubernetes: no socket. To use it: start it.
  process: not used as a fallback in CI for services with an image (db). To use it: choose it with provider: plainProcess() in the config, or with MOORAGE_PROVIDER=process.`)
})

test('the one that is named and cannot be used: no other is tried', async () => {
  expect(await thrownMessage(() => choose({ process: there }, named('docker', 'MOORAGE_PROVIDER=docker')))).toBe(
    'PROVIDER_UNAVAILABLE\nProvider docker, chosen by MOORAGE_PROVIDER=docker, cannot be used: no socket.\nStart it.',
  )
})

test('one that is there and broken: no silent fall-back', async () => {
  const broken: ProbeResult = {
    ok: false,
    broken: true,
    reason: 'the package testcontainers is not installed',
    fix: 'npm install --save-dev testcontainers',
  }
  expect(await thrownMessage(() => choose({ docker: broken, process: there }))).toBe(
    'PROVIDER_UNAVAILABLE\nProvider docker was found but cannot be used: the package testcontainers is not installed.\nRun: npm install --save-dev testcontainers',
  )
})

test("Node too old for the engine's SDK", async () => {
  const problem = runtimeProblem('20.0.0') as NonNullable<ReturnType<typeof runtimeProblem>>
  expect(await thrownMessage(() => choose({ docker: { ok: false, broken: true, ...problem }, process: there }))).toBe(
    'PROVIDER_UNAVAILABLE\nProvider docker was found but cannot be used: testcontainers needs Node 22.22 or later, and this is 20.0.0.\nUse a newer Node, or another provider.',
  )
  expect(['22.21.1', '22.22.0', '24.0.0'].map((version) => runtimeProblem(version) === undefined)).toEqual([
    false,
    true,
    true,
  ])
})

test('a provider that throws where it should answer', async () => {
  expect(await thrownMessage(() => choose({ docker: new TypeError('odd'), process: there }))).toBe(
    'PROVIDER_UNAVAILABLE\nProvider docker failed during its probe: odd.\nThis is a bug in that provider. Set MOORAGE_PROVIDER to use another one.',
  )
})
