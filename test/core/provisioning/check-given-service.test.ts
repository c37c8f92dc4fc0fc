import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPlan } from '../../../packages/core/src/config/plan.ts'
import { progressPrinter } from '../../../packages/core/src/client/report/console.ts'
import { startServices } from '../../../packages/core/src/provisioning/start-services.ts'
import type { StartContext } from '../../../packages/core/src/provisioning/start-context.ts'
import { RunSecrets } from '../../../packages/core/src/provisioning/run-secrets.ts'
import { TaskStack } from '../../../packages/core/src/provisioning/task-stack.ts'
import { monotonicClock } from '../../../packages/core/src/provider-kit/clock.ts'
import { defineConfig, postgres, redis } from '../../../packages/moorage/src/index.ts'

const server = createServer((socket) => socket.on('error', () => {}))
let port = 0
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(() => void server.close())

/** What a start prints whose services all have a URL of the user's. */
async function printed(services: Parameters<typeof defineConfig>[0]['services'], env: { [name: string]: string }) {
  const plan = createPlan(defineConfig({ root: import.meta.dirname, services }), env)
  const stream = new PassThrough()
  const context: StartContext = {
    clock: monotonicClock,
    runId: 'given',
    attached: new Map(),
    hostPorts: new Set(),
    journalProcess: () => {},
    plan,
    placements: new Map(),
    tasks: new TaskStack(monotonicClock),
    secrets: new RunSecrets(),
    onProgress: progressPrinter(stream, {}),
    abort: new AbortController(),
    phaseDeadlines: new Map(),
    running: new Map(),
    images: { get: () => Promise.reject(new RangeError('No service of this plan is started.')) },
  }
  await startServices(context, Object.keys(plan.services), new Map())
  return String(stream.read()).replaceAll(String(port), 'PORT')
}

test('a service of the user: one line that says so, and a warning where options have no effect', async () => {
  const db = postgres({ seed: './check-given-service.test.ts', isolate: 'test' })
  const url = `postgres://u:secret@127.0.0.1:${port}/x?sslpassword=hunter22`
  expect(await printed({ db }, { DB_URL: url })).toBe(
    [
      'moorage: WARNING: services.db.seed and isolate have no effect, because DB_URL is set: moorage changes nothing in your own database. Unset DB_URL to let moorage start one.',
      'moorage: ✓ db  postgres://127.0.0.1:PORT/x  DB_URL is set: used as it is, not started',
      '',
    ].join('\n'),
  )
})

test('one of several hosts answers: enough', async () => {
  expect(await printed({ cache: redis() }, { CACHE_URL: `redis://127.0.0.1:1,127.0.0.1:${port}/0` })).toBe(
    'moorage: ✓ cache  redis://127.0.0.1:1,127.0.0.1:PORT/0  CACHE_URL is set: used as it is, not started\n',
  )
})

test('a socket file or a DNS seed list is used as it is, and not checked', async () => {
  expect(await printed({ db: postgres() }, { DB_URL: 'postgres:///x?host=/run/postgresql' })).toBe(
    [
      'moorage: services.db: DB_URL names no host and port, so moorage does not check whether it answers.',
      'moorage: ✓ db  postgres:///x  DB_URL is set: used as it is, not started',
      '',
    ].join('\n'),
  )
})
