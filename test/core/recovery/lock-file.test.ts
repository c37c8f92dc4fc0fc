import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { takeLock } from '../../../packages/core/src/recovery/lock.ts'

const module = resolve('packages/core/src/recovery/lock.ts')

/** Whether another process can take the lock. */
function free(path: string): boolean {
  const script = `const { takeLock } = await import(${JSON.stringify(module)}); console.log(takeLock(${JSON.stringify(path)}) !== undefined)`
  return (
    spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout.trim() === 'true'
  )
}

test('a second attempt in the same process fails, and does not lose the lock to others', () => {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-lock-'))
  const path = join(folder, 'lock')
  try {
    const lock = takeLock(path)
    expect(lock).toBeDefined()
    expect(free(path)).toBe(false)
    expect(takeLock(path)).toBeUndefined()
    expect(free(path)).toBe(false)
    lock?.release()
    expect(existsSync(path)).toBe(false)
    expect(free(path)).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a lock file with something else in it is taken all the same', () => {
  const folder = mkdtempSync(join(tmpdir(), 'moorage-lock-'))
  const path = join(folder, 'lock')
  try {
    writeFileSync(path, 'what a crash has left'.repeat(500))
    const lock = takeLock(path)
    expect(lock).toBeDefined()
    expect(free(path)).toBe(false)
    lock?.release()
    expect(existsSync(path)).toBe(false)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
