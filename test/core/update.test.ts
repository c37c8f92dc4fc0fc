import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defineConfig, npmServer, process as plain, provision, type AnyConfig, type ProvisionOptions } from '../../packages/moorage/src/index.ts'
import { refused } from './refusal.ts'

let base: string
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'moorage-update-'))
  writeFileSync(join(base, 'package.json'), JSON.stringify({ scripts: { start: 'node server.mjs', crash: 'node -e "process.exit(4)"' } }))
  writeFileSync(join(base, 'server.mjs'), `import { createServer } from 'node:http'
createServer((request, response) => request.url === '/die' ? process.exit(7) : response.end(String(process.pid))).listen(process.env.PORT, '127.0.0.1')`)
})
afterEach(() => rmSync(base, { recursive: true, force: true }))

/** The supervisor in this process; services linger as in watch mode. */
function inline(told: string[] = []): ProvisionOptions {
  const { MOORAGE: _, ...env } = process.env
  const here = { ...env, CI: '', MOORAGE_PROVIDER: '', MOORAGE_CACHE_DIR: base, MOORAGE_SUPERVISOR: 'inline' }
  return { env: here, linger: 200, tell: (progress) => void told.push(progress.kind === 'ready' ? `ready ${progress.service}` : progress.kind === 'notice' ? progress.text : progress.kind) }
}

/** `late` needs `web`. */
function config(edition: string, late: { readonly script?: string } | null = {}): AnyConfig {
  const web = npmServer({ env: { EDITION: edition } })
  return defineConfig({ root: base, provider: plain(), services: { web, other: npmServer(), ...(late ? { late: npmServer({ ...late, needs: { web: 'ready' } }) } : {}) } })
}

interface Seen {
  readonly run: string
  readonly pids: { readonly [service: string]: string }
}

async function look(env: Awaited<ReturnType<typeof provision>>): Promise<Seen> {
  const urls = Object.entries(env.endpoints as { readonly [name: string]: { readonly url: string } })
  return { run: env.run, pids: Object.fromEntries(await Promise.all(urls.map(async ([name, { url }]) => [name, await (await fetch(url)).text()] as const))) }
}

const gone = async (): Promise<void> => void (await expect.poll(() => readdirSync(join(base, 'run'))).toEqual([]))

test('the same config again finds everything as it was', async () => {
  const one = await provision(config('first'), inline())
  const before = await look(one)
  await one.dispose()
  const two = await provision(config('first'), inline())
  expect(await look(two)).toEqual(before)
  await two.dispose()
  await gone()
})

test('an edited config restarts what has changed and what needs it, adds what is new, and removes what is gone', async () => {
  const one = await provision(config('first'), inline())
  const before = await look(one)
  await one.dispose()
  const told: string[] = []
  const two = await provision(config('second'), inline(told))
  const after = await look(two)
  expect(after.run).toBe(before.run)
  expect(after.pids['other']).toBe(before.pids['other'])
  for (const name of ['web', 'late']) expect(after.pids[name], name).not.toBe(before.pids[name])
  await two.dispose()
  const three = await provision(config('second', null), inline())
  expect(await look(three)).toEqual({ run: before.run, pids: { web: after.pids['web'], other: after.pids['other'] } })
  await three.dispose()
  const four = await provision(config('second'), inline())
  expect((await look(four)).pids).toEqual({ ...after.pids, late: expect.not.stringMatching(String(after.pids['late'])) })
  await four.dispose()
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
  expect(told).toContain('services.web ended with exit code 7: it starts again.')
  expect(after.pids['other']).toBe(before.pids['other'])
  for (const name of ['web', 'late']) expect(after.pids[name], name).not.toBe(before.pids[name])
  await two.dispose()
  await gone()
})

test('an edit whose service does not start: its error, and nothing is left', async () => {
  const one = await provision(config('first'), inline())
  await one.dispose()
  expect(await refused(() => provision(config('first', { script: 'crash' }), inline()))).toMatch(/^SERVICE_EXITED\nservices\.late ended with exit code 4 before it was ready\./)
  await gone()
})

test('whoever still holds the run keeps it as it is: another config gets a run of its own', async () => {
  const one = await provision(config('first'), inline())
  const two = await provision(config('second'), inline())
  expect(two.run).not.toBe(one.run)
  await two.dispose()
  expect(await look(one)).toMatchObject({ run: one.run })
  await one.dispose()
  await gone()
})
