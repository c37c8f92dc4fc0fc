import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { service } from '@moorage/core'
import { defineConfig, provision, type MoorageError } from '../../../packages/moorage/src/index.ts'
import { crashError, readCrashReport } from '../../../packages/core/src/client/crash-report.ts'
import { thrownError } from '../../thrown-error.ts'

let base: string
beforeEach(() => void (base = mkdtempSync(join(tmpdir(), 'moorage-crash-'))))
afterEach(() => rmSync(base, { recursive: true, force: true }))

/** Starts services with a supervisor of its own process, whose provider runs `body` when it opens the run. */
async function crash(body: string, notices: string[]): Promise<MoorageError> {
  const module = join(base, 'provider.mjs')
  writeFileSync(
    module,
    `export const provider = () => ({
  name: 'crash', form: 'process',
  probe: async () => ({ ok: true, detail: '' }),
  open: async () => { ${body}; await new Promise(() => {}) },
})`,
  )
  const api = service('api', { preset: 'api', ports: { http: 80 }, process: { command: ['api'], connection: {} } }, {})
  const config = defineConfig({
    root: base,
    provider: { name: 'crash', module: pathToFileURL(module).href, options: {} },
    services: { api },
  })
  const { MOORAGE: _, ...inherited } = process.env
  // Node.js writes that cache when a process exits, into a folder that this test has removed by then.
  const env = { ...inherited, NODE_DISABLE_COMPILE_CACHE: '1' }
  return await thrownError(() =>
    provision(config, {
      env: { ...env, CI: '', MOORAGE_PROVIDER: '', MOORAGE_CACHE_DIR: base, MOORAGE_SUPERVISOR: '' },
      onProgress: (progress) => void (progress.kind === 'notice' && notices.push(progress.text)),
    }),
  )
}

test.each([
  ['an exception', "setTimeout(() => { throw new RangeError('odd') })"],
  ['a rejection that no code handles', "void Promise.reject(new RangeError('odd'))"],
])('%s ends the supervisor: its reason is in the error of the client', async (_, body) => {
  const notices: string[] = []
  const error = await crash(body, notices)
  expect(error.message, error.message).toMatch(
    /^The supervisor that runs the services is gone: it crashed with RangeError: odd\.\nThis is a bug in moorage or in a package that it uses\. Please report it with the lines below\.\nMore: moorage explain SUPERVISOR_FAILED\nLast log lines:\n {2}\S+ \d+ crashed: RangeError: odd\n {6}at .*provider\.mjs:4:\d+/,
  )
  expect(error.code).toBe('SUPERVISOR_FAILED')
  expect(notices).toContain(
    'The supervisor crashed (RangeError: odd) and its services are gone. Removing what it left…',
  )
  await expect.poll(() => readdirSync(join(base, 'run'))).toEqual([])
})

test('a supervisor that is killed: the error says so, and does not blame an earlier crash', async () => {
  const error = await crash("console.error('a warning'); process.kill(process.pid, 'SIGKILL')", [])
  expect(error.message).toMatch(
    /^The supervisor that runs the services is gone: it was killed\.\nIts log names no error, so another process or the kernel ended it: check whether this machine ran out of memory\.\nMore: moorage explain SUPERVISOR_FAILED\nLast log lines:\n {2}a warning$/,
  )
  await expect.poll(() => readdirSync(join(base, 'run'))).toEqual([])
})

test.each([
  ['', undefined],
  ['T 1 started\nT 1 crashed: Error: old\nT 2 started\n', undefined],
  ['T 1 started\nFATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n', /heap out of/],
])('the reason that a log gives: %j', (text, reason) => {
  const log = join(base, 'x.log')
  writeFileSync(log, text)
  const report = readCrashReport(log)
  if (reason) expect(report.reason).toMatch(reason)
  else expect(report).toEqual({ reason: undefined, lines: [] })
})

test('a log of any size is quoted in part', () => {
  const log = join(base, 'x.log')
  writeFileSync(log, `T 1 started\n${'x'.repeat(10_000_000)}\nT 1 crashed: TypeError: odd\n${'    at y\n'.repeat(100)}`)
  const report = readCrashReport(log)
  expect(report).toMatchObject({ reason: 'TypeError: odd' })
  expect(report.lines).toHaveLength(20)
  expect(crashError(report).message.length).toBeLessThan(2_000)
})
