import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { MAX_LINE_CHARACTERS } from '@moorage/core/provider'
import { readLogs } from '../../packages/provider-kubernetes/src/logs.ts'
import { collect } from '../../packages/provider-testing/src/unit-io.ts'

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

// FAKE: the API server decides where a chunk ends.
test('a character that is split between two chunks is not damaged', async () => {
  const bytes = Buffer.from('grün\n')
  const cut = bytes.indexOf(0xc3) + 1
  const client = { stream: () => Promise.resolve(Readable.from([bytes.subarray(0, cut), bytes.subarray(cut)])) }
  expect(await collect(readLogs(client as never, { namespace: 'n', pod: 'p' }, {}))).toEqual(['grün'])
})

// FAKE: no pod writes so much in the time of a test. Real ones reach 6 MB/s, at the cost of the kubelet.
test('100 MB of lines are read in less time than any pod needs to write them, and the last line is there', async () => {
  const chunk = Buffer.from(`${'x'.repeat(63)}\n`.repeat(256))
  function* output(): Generator<Buffer> {
    for (let sent = 0; sent < 100_000_000; sent += chunk.length) yield chunk
    yield Buffer.from('THE END')
  }
  const client = { stream: () => Promise.resolve(Readable.from(output(), { objectMode: false })) }
  const since = performance.now()
  let last = ''
  for await (const { text } of readLogs(client as never, { namespace: 'n', pod: 'p' }, { follow: true })) last = text
  expect(last).toBe('THE END')
  expect(performance.now() - since).toBeLessThan(8_000)
})
