import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { MAX_LINE_CHARACTERS } from '@moorage/core/provider'
import type { Client } from '../../packages/provider-docker/src/engine/client.ts'
import { readLogs } from '../../packages/provider-docker/src/logs.ts'
import { collect } from '../../packages/provider-testing/src/unit-io.ts'

/** A frame of the engine's log stream, from stdout. */
function frame(text: string): Buffer {
  const head = Buffer.alloc(8)
  head[0] = 1
  head.writeUInt32BE(text.length, 4)
  return Buffer.concat([head, Buffer.from(text)])
}

// FAKE: no engine writes as much in the time of a test.
function engineWith(log: () => Iterable<string>): Client {
  const frames = function* (): Iterable<Buffer> {
    for (const text of log()) yield frame(text)
  }
  const dial = (_request: object, done: (error: null, stream: Readable) => void): void =>
    done(null, Readable.from(frames()))
  return { dockerode: { modem: { dial } } } as unknown as Client
}

test('a line that never ends is cut, and not gathered', async () => {
  const pieces = ['first\n', ...Array.from({ length: 5 * 64 }, () => 'x'.repeat(16 * 1024)), '\nlast']
  const lines = await collect(
    readLogs(
      engineWith(() => pieces),
      { containerId: 'id' },
      { follow: true },
    ),
  )
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

test.each([true, false])('a log of any length is read at the pace of its reader (follow: %s)', async (follow) => {
  let written = 0
  const log = function* (): Iterable<string> {
    for (; written < 100_000; written++) yield `line ${written}\n`
  }
  const lines = readLogs(engineWith(log), { containerId: 'id' }, { follow })
  expect((await lines.next()).value).toEqual({ stream: 'stdout', text: 'line 0' })
  expect(written).toBeLessThan(1_000)
  await lines.return(undefined)
})
