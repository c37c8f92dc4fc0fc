import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { MAX_LINE_CHARACTERS } from '@moorage/core/provider'
import { readLogs } from '../../packages/provider-kubernetes/src/logs.ts'
import { collect } from '../../packages/provider-testing/src/observe.ts'

// FAKE: no pod writes so much in the time of a test.
test('a line that never ends is cut, and not gathered', async () => {
  const pieces = ['first\n', ...Array.from({ length: 5 * 64 }, () => 'x'.repeat(16 * 1024)), '\nlast']
  const client = { stream: () => Promise.resolve(Readable.from(pieces.map((piece) => Buffer.from(piece)))) }
  const lines = await collect(readLogs(client as never, { namespace: 'n', pod: 'p' }, { follow: true }))
  expect(lines.map(({ length }) => length)).toEqual([
    5,
    MAX_LINE_CHARACTERS,
    MAX_LINE_CHARACTERS,
    MAX_LINE_CHARACTERS,
    MAX_LINE_CHARACTERS,
    MAX_LINE_CHARACTERS,
    4,
  ])
})
