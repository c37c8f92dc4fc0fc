import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeLock } from '../../../packages/core/src/recovery/lock.ts'

let base: string
let others: ChildProcess[]
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'moorage-lock-'))
  others = []
})
afterEach(() => {
  for (const child of others) child.kill('SIGKILL')
  rmSync(base, { recursive: true, force: true })
})

/** Another process that takes the lock, says whether it has it, and keeps it until it is killed. */
async function other(path: string): Promise<{ readonly has: boolean; kill(): Promise<unknown> }> {
  const script = `const { takeLock } = await import(${JSON.stringify(resolve('packages/core/src/recovery/lock.ts'))})
    globalThis.lock = takeLock(process.argv[1]); console.log(lock ? 'has' : 'has not'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  others.push(child)
  const [data] = (await once(child.stdout, 'data')) as [Buffer]
  return { has: String(data).trim() === 'has', kill: () => (child.kill('SIGKILL'), once(child, 'exit')) }
}

test('a second taker gets nothing, in this process and in another', async () => {
  const path = join(base, 'a.lock')
  const lock = takeLock(path)
  expect(lock).toBeDefined()
  expect(takeLock(path)).toBeUndefined()
  const second = await other(path)
  expect(second.has).toBe(false)
  await second.kill()
  lock?.release()
})

test('it is one file while it is held: whatever else there were, a killed holder would leave', () => {
  const lock = takeLock(join(base, 'a.lock'))
  expect(readdirSync(base)).toEqual(['a.lock'])
  lock?.release()
})

test('after the release its file is gone, and the next taker has it', () => {
  const path = join(base, 'a.lock')
  const lock = takeLock(path)
  lock?.release()
  lock?.release()
  expect(existsSync(path)).toBe(false)
  const next = takeLock(path)
  expect(next).toBeDefined()
  next?.release()
})

test('a killed holder holds nothing, though its file is still there', async () => {
  const path = join(base, 'a.lock')
  const holder = await other(path)
  expect(holder.has).toBe(true)
  expect(takeLock(path)).toBeUndefined()
  await holder.kill()
  expect(existsSync(path)).toBe(true)
  const lock = takeLock(path)
  expect(lock).toBeDefined()
  lock?.release()
})
