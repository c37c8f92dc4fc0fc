import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { MAX_LINE_CHARACTERS } from '@moorage/core/provider'
import { readLogs } from '../../packages/provider-docker/src/logs.ts'
import { collect } from '../../packages/provider-testing/src/unit-io.ts'

/** A frame of the engine's log stream, from stdout. */
function frame(text: string): Buffer {
  const head = Buffer.alloc(8)
  head[0] = 1
  head.writeUInt32BE(text.length, 4)
  return Buffer.concat([head, Buffer.from(text)])
}

// FAKE: no engine writes 5 MiB in the time of a test.
test('a line that never ends is cut, and not gathered', async () => {
  const pieces = ['first\n', ...Array.from({ length: 5 * 64 }, () => 'x'.repeat(16 * 1024)), '\nlast']
  const dockerode = { getContainer: () => ({ logs: () => Promise.resolve(Readable.from(pieces.map(frame))) }) }
  const lines = await collect(readLogs({ dockerode } as never, { containerId: 'id' }, { follow: true }))
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
