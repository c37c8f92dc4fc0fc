import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { explainJoin } from '../../../packages/core/src/client/explain-join.ts'
import { createOpenRequest } from '../../../packages/core/src/client/open-request.ts'
import { planVariables } from '../../../packages/core/src/config/exported-variables.ts'
import type { RunStatus } from '../../../packages/core/src/protocol/run-status.ts'
import { defineConfig, docker, npmServer, redis, type AnyConfig } from '../../../packages/moorage/src/index.ts'
import { installation } from '../../../packages/moorage/src/provision.ts'

const root = mkdtempSync(join(tmpdir(), 'moorage-why-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
writeFileSync(join(root, 'seed.ts'), '1')

/** The status of a run that a config has started. */
function statusOf(config: AnyConfig): RunStatus {
  const { plan, identity } = createOpenRequest(installation, config, { env: {}, shared: true }).request
  const inputs = Object.fromEntries(Object.entries(plan.services).map(([name, service]) => [name, service.inputs]))
  const run = { run: 'dev-1', identity, plan: planVariables(plan) }
  return { ...run, inputs, connections: {}, healthProblems: {}, users: 0 }
}

const config = (port = 3000): AnyConfig =>
  defineConfig({ root, services: { db: redis({ seed: './seed.ts' }), api: npmServer({ port }) } })
const explain = (now: AnyConfig, status: RunStatus, env: { [name: string]: string } = {}): readonly string[] =>
  explainJoin(installation, now, { status, env })

test('the same inputs', () => {
  expect(explain(config(), statusOf(config()))).toEqual([
    'A process that starts now joins it: every input is the same.',
  ])
})

test('the same services on another engine, and in CI', () => {
  expect(explain(config(), statusOf(config()), { DOCKER_HOST: 'tcp://h:1' })).toEqual([
    'A process that starts now does not join it: its services are the same, but DOCKER_HOST, KUBECONFIG or another variable selects another engine.',
  ])
  expect(explain(config(), statusOf(config()), { CI: '1' })).toEqual([
    'In CI, only processes within a run join it. Its inputs are those of the config.',
  ])
})

test('every input that differs, by name', () => {
  const status = statusOf(config())
  writeFileSync(join(root, 'seed.ts'), "import './lib.ts'")
  writeFileSync(join(root, 'lib.ts'), '')
  expect(explain(config(3001), status)).toEqual([
    'A process that starts now does not join it. Differences:',
    '  services.db: seed.ts changed',
    '  services.db: lib.ts is new',
    '  services.api: options changed',
  ])
  expect(
    explain(
      defineConfig({ root, services: { web: npmServer() } }),
      statusOf(defineConfig({ root, services: { api: npmServer() } })),
    ),
  ).toEqual([
    'A process that starts now does not join it. Differences:',
    '  services.web: it is new',
    '  services.api: it is no longer in the config',
  ])
})

test('the options of the provider differ', () => {
  const now = defineConfig({ root, provider: docker(), services: { api: npmServer() } })
  expect(explain(now, statusOf(defineConfig({ root, services: { api: npmServer() } })))).toEqual([
    'A process that starts now does not join it. Differences:',
    '  the provider, its options, a URL that you set, or moorage itself',
  ])
})
