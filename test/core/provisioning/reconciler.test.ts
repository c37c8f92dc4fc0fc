import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { service, type AnyService } from '@moorage/core'
import { leaveHeldRuns } from '@moorage/core/runner'
import {
  defineConfig,
  plainProcess as plain,
  provision,
  type AnyConfig,
  type ProvisionOptions,
} from '../../../packages/moorage/src/index.ts'
import { thrownMessage } from '../../thrown-error.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'moorage-update-'))
  writeFileSync(
    join(base, 'server.mjs'),
    `import { createServer } from 'node:http'
createServer((request, response) => request.url === '/die' ? process.exit(7) : response.end(String(process.pid))).listen(process.env.PORT, '127.0.0.1')`,
  )
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

/** The supervisor in this process; services linger as in watch mode. */
function inline(told: string[] = []): ProvisionOptions {
  const { MOORAGE: _, ...env } = process.env
  const here = { ...env, CI: '', MOORAGE_PROVIDER: '', MOORAGE_CACHE_DIR: base, MOORAGE_SUPERVISOR: 'inline' }
  return {
    env: here,
    linger: 200,
    onProgress: (progress) =>
      void told.push(
        progress.kind === 'ready'
          ? `ready ${progress.service}`
          : progress.kind === 'notice'
            ? progress.text
            : progress.kind,
      ),
  }
}

/** Without npm in between: these tests start many. */
function server(edition: string, needs: { readonly [service: string]: 'ready' } = {}): AnyService {
  const command = edition === 'crash' ? [process.execPath, '-e', 'process.exit(4)'] : [process.execPath, 'server.mjs']
  const connection = { url: { $join: ['http://127.0.0.1:', { $self: ['port'] }] } }
  const form = { command, env: { PORT: { $self: ['port'] }, EDITION: edition }, connection, ready: [{ kind: 'http' }] }
  return service('server', { preset: 'server', ports: { http: 80 }, process: form, needs }, { url: '' })
}

/** `late` needs `web`; null leaves it out. */
function config(edition: string, late: string | null = 'first'): AnyConfig {
  const services = {
    web: server(edition),
    other: server('other'),
    ...(late === null ? {} : { late: server(late, { web: 'ready' }) }),
  }
  return defineConfig({ root: base, provider: plain(), services })
}

interface Seen {
  readonly run: string
  readonly pids: { readonly [service: string]: string }
}

async function look(env: Awaited<ReturnType<typeof provision>>): Promise<Seen> {
  const urls = Object.entries(env.endpoints as { readonly [name: string]: { readonly url: string } })
  return {
    run: env.run,
    pids: Object.fromEntries(
      await Promise.all(urls.map(async ([name, { url }]) => [name, await (await fetch(url)).text()] as const)),
    ),
  }
}

const gone = async (): Promise<void> =>
  void (await expect.poll(() => readdirSync(join(base, 'run')), { timeout: 10_000 }).toEqual([]))

test('the same config again finds everything as it was', async () => {
  const one = await provision(config('first'), inline())
  const before = await look(one)
  await one.dispose()
  const two = await provision(config('first'), inline())
  expect(await look(two)).toEqual(before)
  await two.dispose()
  await gone()
})

test('an edited config restarts what has changed and what needs it', async () => {
  const one = await provision(config('first'), inline())
  const before = await look(one)
  await one.dispose()
  const two = await provision(config('second'), inline())
  const after = await look(two)
  expect(after.run).toBe(before.run)
  expect(after.pids['other']).toBe(before.pids['other'])
  for (const name of ['web', 'late']) expect(after.pids[name], name).not.toBe(before.pids[name])
  await two.dispose()
  await gone()
})

test('what an edit adds starts, and what it takes away goes', async () => {
  const one = await provision(config('first'), inline())
  const { run, pids } = await look(one)
  await one.dispose()
  const two = await provision(config('first', null), inline())
  expect(await look(two)).toEqual({ run, pids: { web: pids['web'], other: pids['other'] } })
  await two.dispose()
  const three = await provision(config('first'), inline())
  const again = await look(three)
  expect(again.pids).toEqual({ ...pids, late: again.pids['late'] })
  expect(again.pids['late']).not.toBe(pids['late'])
  await three.dispose()
  await gone()
})

test('a service that has died starts again, and whatever needs it: the rest stays', async () => {
  const told: string[] = []
  const one = await provision(config('first'), inline(told))
  const before = await look(one)
  await fetch(`${(one.endpoints as { web: { url: string } }).web.url}/die`).catch(() => {})
  await one.dispose()
  const two = await provision(config('first'), inline())
  const after = await look(two)
  expect(told).toContain('services.web ended with exit code 7. It is being restarted.')
  expect(after.pids['other']).toBe(before.pids['other'])
  for (const name of ['web', 'late']) expect(after.pids[name], name).not.toBe(before.pids[name])
  await two.dispose()
  await gone()
})

test('an edit whose service does not start: its error, and nothing is left', async () => {
  const one = await provision(config('first'), inline())
  await one.dispose()
  expect(await thrownMessage(() => provision(config('first', 'crash'), inline()))).toMatch(
    /^SERVICE_EXITED\nservices\.late ended with exit code 4 before it was ready\./,
  )
  await gone()
})

test('an edit whose service does not start leaves the others, and the next edit finds them', async () => {
  const told: string[] = []
  const one = await provision(config('first'), inline(told))
  const before = await look(one)
  await one.dispose()
  const failing = { ...inline(told), lingerAfterFailure: Infinity }
  expect(await thrownMessage(() => provision(config('first', 'crash'), failing))).toMatch(
    /^SERVICE_EXITED\nservices\.late ended with exit code 4 before it was ready\./,
  )
  expect(told).toContain('The update failed. Still running, with their data: services.web, services.other.')
  const three = await provision(config('first', 'mended'), inline(told))
  const after = await look(three)
  expect(after).toEqual({ run: before.run, pids: { ...before.pids, late: after.pids['late'] } })
  expect(after.pids['late']).not.toBe(before.pids['late'])
  await three.dispose()
  await gone()
})

test('a run that is held after a failed edit ends when its process leaves it', async () => {
  const one = await provision(config('first'), inline())
  await one.dispose()
  const failing = { ...inline(), lingerAfterFailure: Infinity }
  await thrownMessage(() => provision(config('first', 'crash'), failing))
  expect(readdirSync(join(base, 'run'))).not.toEqual([])
  leaveHeldRuns(0)
  await gone()
})

test('another member keeps the run as it is: another config gets its own run', async () => {
  const one = await provision(config('first'), inline())
  const two = await provision(config('second'), inline())
  expect(two.run).not.toBe(one.run)
  await two.dispose()
  expect(await look(one)).toMatchObject({ run: one.run })
  await one.dispose()
  await gone()
})
