import { setTimeout as sleep } from 'node:timers/promises'
import { MoorageError, type CheckResult } from '@moorage/core'
import { expect, test } from 'vitest'
import { failedResult, runChecks } from '../../../packages/cli/src/doctor/run-checks.ts'

const ok = (text: string): CheckResult => ({ status: 'ok', text })

test('checks run at the same time, and their findings keep the order', async () => {
  const started = Promise.withResolvers<void>()
  const findings = await runChecks([
    { group: 'a', name: 'slow', run: async () => (await started.promise, [ok('slow 1'), ok('slow 2')]) },
    { group: 'a', name: 'slower', run: async () => (await started.promise, await sleep(20), [ok('slower')]) },
    { group: 'b', name: 'none', run: () => [] },
    { group: 'b', name: 'quick', blocks: false, run: () => (started.resolve(), [ok('quick')]) },
  ])
  expect(findings).toEqual([
    { group: 'a', name: 'slow', status: 'ok', text: 'slow 1' },
    { group: 'a', name: 'slow', status: 'ok', text: 'slow 2' },
    { group: 'a', name: 'slower', status: 'ok', text: 'slower' },
    { group: 'b', name: 'quick', status: 'ok', text: 'quick', blocks: false },
  ])
})

const LATE = {
  group: 'a',
  status: 'warning',
  text: 'the check hangs has no answer after 0.05 s',
  fix: 'Run moorage doctor again, or look at what it asks: MOORAGE_DEBUG=1 moorage doctor.',
}

test('a check that hangs ends when its time is up, and so does one that heeds its signal', async () => {
  const timeoutMs = 50
  const never = new Promise<never>(() => {})
  const heeds = async (signal: AbortSignal): Promise<readonly CheckResult[]> => {
    await sleep(10_000, undefined, { signal })
    return []
  }
  const findings = await runChecks([
    { group: 'a', name: 'hangs', timeoutMs, run: () => never },
    { group: 'a', name: 'hangs', timeoutMs, run: heeds },
  ])
  expect(findings).toEqual([
    { ...LATE, name: 'hangs' },
    { ...LATE, name: 'hangs' },
  ])
})

test('an error becomes a problem: its message is the text, its hint the fix', async () => {
  const error = new MoorageError('CONFIG_INVALID', 'The file is bad:\n  line 3.', { hint: 'Correct it.' })
  const problem = { status: 'problem', text: 'The file is bad:\n  line 3', fix: 'Correct it.' }
  expect(await runChecks([{ group: 'a', name: 'b', run: () => Promise.reject(error) }])).toEqual([
    { group: 'a', name: 'b', ...problem },
  ])
  const throws = (): never => {
    throw new RangeError('no hint.')
  }
  expect(await runChecks([{ group: 'a', name: 'b', run: throws }])).toEqual([
    { group: 'a', name: 'b', ...failedResult(new RangeError('no hint.')) },
  ])
  expect(failedResult(new RangeError('no hint.'))).toEqual({
    status: 'problem',
    text: 'no hint',
    fix: 'The error says what to correct.',
  })
})
