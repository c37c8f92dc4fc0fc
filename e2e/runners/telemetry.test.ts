import { expect, test } from 'vitest'
import { openStage, vitest } from '../harness/fixture.ts'

const folder = 'e2e/fixtures/telemetry'

interface Told {
  readonly name: string
  readonly attributes: { readonly [name: string]: string }
  readonly child: boolean
  readonly status: number
  readonly events: readonly string[]
}

async function spans(env: Record<string, string>): Promise<readonly Told[]> {
  await using stage = await openStage(folder, 'process')
  const [node = '', ...rest] = vitest(folder)
  const child = await stage.start([node, '--import', './sdk.mjs', ...rest], env)
  await child.ended
  await stage.clean(2_000)
  expect(child.output()).toContain(env['DOCKER_HOST'] ? 'cannot be used' : '✓ other')
  return child
    .output()
    .split('\n')
    .filter((line) => line.startsWith('SPAN '))
    .map((line) => JSON.parse(line.slice(5)) as Told)
}

test("with the user's OpenTelemetry: a span for the provisioning, and one in it for each service", async () => {
  const unset = 0
  expect(await spans({})).toEqual([
    {
      name: 'moorage.service',
      attributes: { 'moorage.service': 'web' },
      child: true,
      status: unset,
      events: ['pull', 'start', 'ready'],
    },
    {
      name: 'moorage.service',
      attributes: { 'moorage.service': 'other' },
      child: true,
      status: unset,
      events: ['pull', 'start', 'ready'],
    },
    {
      name: 'moorage.provision',
      attributes: { 'moorage.provider': 'process' },
      child: false,
      status: unset,
      events: [],
    },
  ])
})

test('a start that fails is an error of its spans', async () => {
  const failed = 2
  const told = await spans({ MOORAGE_PROVIDER: 'docker', DOCKER_HOST: 'unix:///nowhere.sock' })
  expect(told.map(({ name, status }) => [name, status])).toEqual([['moorage.provision', failed]])
})
