import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeLock } from '../../../packages/core/src/recovery/process-lock.ts'

const module = resolve('packages/core/src/recovery/process-lock.ts')

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
  const script = `const { takeLock } = await import(${JSON.stringify(module)})
    globalThis.lock = takeLock(process.argv[1]); console.log(lock ? 'has' : 'has not'); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  others.push(child)
  const [data] = (await once(child.stdout, 'data')) as [Buffer]
  return { has: String(data).trim() === 'has', kill: () => (child.kill('SIGKILL'), once(child, 'exit')) }
}

/** Whether another process can take the lock. */
function free(path: string): boolean {
  const script = `const { takeLock } = await import(${JSON.stringify(module)}); console.log(takeLock(${JSON.stringify(path)}) !== undefined)`
  return (
    spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout.trim() === 'true'
  )
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

test('a second attempt in the same process fails, and does not lose the lock to others', () => {
  const path = join(base, 'lock')
  const lock = takeLock(path)
  expect(lock).toBeDefined()
  expect(free(path)).toBe(false)
  expect(takeLock(path)).toBeUndefined()
  expect(free(path)).toBe(false)
  lock?.release()
  expect(existsSync(path)).toBe(false)
  expect(free(path)).toBe(true)
})

test('a lock file with something else in it is taken all the same', () => {
  const path = join(base, 'lock')
  writeFileSync(path, 'what a crash has left'.repeat(500))
  const lock = takeLock(path)
  expect(lock).toBeDefined()
  expect(free(path)).toBe(false)
  lock?.release()
  expect(existsSync(path)).toBe(false)
})
