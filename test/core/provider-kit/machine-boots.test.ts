import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { currentBoot, isEarlierBoot, recordBoot } from '../../../packages/core/src/provider-kit/machine-boots.ts'

const folder = mkdtempSync(join(tmpdir(), 'boots-'))
const file = join(folder, 'boots')
beforeEach(() => rmSync(file, { force: true }))
afterAll(() => rmSync(folder, { recursive: true }))

test('a boot that this machine recorded is over; the present one and one of another machine are not', () => {
  writeFileSync(file, 'first\n', { mode: 0o600 })
  recordBoot(file)
  recordBoot(file)
  expect(readFileSync(file, 'utf8')).toBe(`first\n${currentBoot()}\n`)
  expect(isEarlierBoot('first', file)).toBe(true)
  expect(isEarlierBoot(currentBoot(), file)).toBe(false)
  expect(isEarlierBoot('elsewhere', file)).toBe(false)
  expect(isEarlierBoot('', file)).toBe(false)
})

test('the history stays short', () => {
  writeFileSync(file, Array.from({ length: 100 }, (_, i) => `boot-${i}\n`).join(''), { mode: 0o600 })
  recordBoot(file)
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(52)
  expect(isEarlierBoot('boot-99', file)).toBe(true)
})

test('a history that another user may have written proves nothing', () => {
  writeFileSync(file, 'first\n')
  chmodSync(file, 0o666)
  expect(isEarlierBoot('first', file)).toBe(false)
  rmSync(file)
  writeFileSync(join(folder, 'target'), 'first\n', { mode: 0o600 })
  symlinkSync(join(folder, 'target'), file)
  recordBoot(file)
  expect(readFileSync(join(folder, 'target'), 'utf8')).toBe('first\n')
  expect(isEarlierBoot('first', file)).toBe(false)
})

test('a named pipe in its place does not block', () => {
  execFileSync('mkfifo', [file])
  recordBoot(file)
  expect(isEarlierBoot('first', file)).toBe(false)
})
