import { MoorageError, type CheckContext, type CheckResult, type Provider } from '@moorage/core'
import type { ProviderInspection } from '@moorage/core/runner'
import { expect, test } from 'vitest'
import { describeProviders, providerChecks } from '../../../packages/cli/src/doctor/check-providers.ts'
import { runChecks } from '../../../packages/cli/src/doctor/run-checks.ts'

/** A provider that this test brings, as a third party would. */
function withCheck(name: string, run: (context: CheckContext) => readonly CheckResult[]): Provider {
  return {
    name,
    form: 'container',
    probe: () => Promise.resolve({ ok: true, detail: 'here' }),
    open: () => Promise.reject(new RangeError('it opens nothing')),
    checks: [{ name: 'slots', run: (context) => Promise.resolve(run(context)) }],
  }
}

const full: CheckResult = { status: 'problem', text: 'no slot is free', fix: 'End other runs.' }
const inspection: ProviderInspection = {
  providers: [
    { name: 'farm', probe: { ok: true, detail: 'region eu' }, provider: withCheck('farm', () => [full]) },
    {
      name: 'other',
      probe: { ok: false, reason: 'it is off', fix: 'Turn it on' },
      provider: withCheck('other', () => [full]),
    },
    { name: 'gone', probe: { ok: false, broken: true, reason: 'no SDK', fix: 'npm install sdk' } },
    { name: 'named', probe: { ok: false, reason: 'no address', fix: 'MOORAGE_FARM names it' } },
  ],
  choice: { name: 'farm', reason: 'region eu' },
  services: {},
  units: [],
}

test('a line for each provider, and for the choice', () => {
  const lines = describeProviders(inspection).map(({ name, status, text, fix }) =>
    [name, status, text, fix].join(' | '),
  )
  expect(lines).toEqual([
    'farm | ok | farm: region eu | ',
    'other | warning | other: it is off | To use it: turn it on',
    'gone | problem | gone: no SDK | To use it: npm install sdk',
    'named | warning | named: no address | To use it: MOORAGE_FARM names it',
    'choice | ok | a run uses farm (region eu) | ',
  ])
})

test('no choice, and an option that the chosen provider does not support', () => {
  const error = new MoorageError('PROVIDER_UNAVAILABLE', 'No provider can be used.', { hint: '  other: it is off.' })
  const unsupported = new MoorageError('OPTION_UNSUPPORTED', 'services.a.tty is not supported.', { hint: 'Omit it.' })
  const findings = describeProviders({ ...inspection, providers: [], choice: { error }, unsupported })
  expect(findings).toEqual([
    {
      group: 'providers',
      name: 'choice',
      status: 'problem',
      text: 'No provider can be used',
      fix: '  other: it is off.',
    },
    {
      group: 'providers',
      name: 'options',
      status: 'problem',
      text: 'services.a.tty is not supported',
      fix: 'Omit it.',
    },
  ])
})

test("the checks of a third party's provider; only those of the chosen one keep a run from starting", async () => {
  expect(await runChecks(providerChecks(inspection))).toEqual([
    { group: 'farm', name: 'slots', ...full },
    { group: 'other', name: 'slots', ...full, blocks: false },
  ])
  const error = new MoorageError('PROVIDER_UNAVAILABLE', 'None.')
  const findings = await runChecks(providerChecks({ ...inspection, choice: { error } }))
  expect(findings.map(({ blocks }) => blocks)).toEqual([undefined, undefined])
})

test('a check gets the services and the units', async () => {
  const seen: CheckContext[] = []
  const provider = withCheck('farm', (context) => (seen.push(context), []))
  const units = [{ name: 'db', ports: {}, env: {}, sensitive: [] }]
  const services = { db: { preset: 'redis', ports: {} } }
  const probe = { ok: true, detail: '' } as const
  await runChecks(providerChecks({ ...inspection, providers: [{ name: 'farm', probe, provider }], services, units }))
  expect(seen).toMatchObject([{ services, units }])
})
