import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { LogBuffer, readLogs } from '../../packages/provider-process/src/logs.ts'

const MIB = 1024 * 1024

async function linesOf(pieces: Iterable<string | Buffer>): Promise<readonly string[]> {
  const logs = new LogBuffer()
  const source = new PassThrough()
  logs.addSource('stdout', source)
  for (const piece of pieces) {
    source.write(piece)
    await turn()
  }
  source.end()
  const lines: string[] = []
  for await (const { text } of readLogs(logs, { follow: true })) lines.push(text)
  return lines
}

test('lines end as they end anywhere, wherever the pieces are cut', async () => {
  expect(await linesOf(['a\nb\r', '\nc\rd', '\r\n\n', 'e', 'f'])).toEqual(['a', 'b', 'c', 'd', '', 'ef'])
  expect(await linesOf([Buffer.from([0xc3]), Buffer.from([0xa9, 0xff, 0x0a])])).toEqual(['é\ufffd'])
})

test('a line that never ends is cut, and not gathered', async () => {
  const lines = await linesOf(Array.from({ length: 600 }, () => Buffer.alloc(MIB, 97)))
  expect(new Set(lines.map(({ length }) => length))).toEqual(new Set([MIB]))
  expect(lines.length * MIB).toBeLessThanOrEqual(64 * MIB)
})
