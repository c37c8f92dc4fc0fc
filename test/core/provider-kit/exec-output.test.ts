import { expect, test } from 'vitest'
import { ExecOutput } from '../../../packages/core/src/provider-kit/exec-output.ts'

test('the output of a command, a character that is split between two parts included', () => {
  const output = new ExecOutput(['cat'])
  const bytes = Buffer.from('ä€')
  expect(output.add('stdout', bytes.subarray(0, 1))).toBeUndefined()
  expect(output.add('stderr', Buffer.from('odd'))).toBeUndefined()
  expect(output.add('stdout', bytes.subarray(1))).toBeUndefined()
  expect([output.stdout, output.stderr]).toEqual(['ä€', 'odd'])
})

test('a command that writes too much, on both streams together', () => {
  const output = new ExecOutput(['yes', 'no'], 2 * 1024 * 1024)
  expect(output.add('stdout', Buffer.alloc(1024 * 1024))).toBeUndefined()
  expect(output.add('stderr', Buffer.alloc(1024 * 1024))).toBeUndefined()
  const error = output.add('stderr', Buffer.alloc(1))
  expect([error?.code, error?.message]).toEqual([
    'USAGE',
    "exec: 'yes no' wrote more than 2 MiB and was stopped.\nLimit what it writes, or let it write to a file inside the service.",
  ])
  expect(output.stdout).toBe('')
})
