import { PassThrough } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { LogBuffer, readLogs } from '../../packages/provider-process/src/logs.ts'

/** Writes numbered lines, and waits until the buffer has them. */
async function write(source: PassThrough, buffer: LogBuffer, count: number): Promise<void> {
  const until = buffer.endIndex + count
  const from = buffer.endIndex
  source.write(Array.from({ length: count }, (_, n) => `line ${from + n}\n`).join(''))
  while (buffer.endIndex < until) await turn()
}

test('a reader that falls behind a flood gets a line that says how many are missing', async () => {
  const buffer = new LogBuffer()
  const source = new PassThrough()
  buffer.addSource('stdout', source)
  await write(source, buffer, 10)
  const lines = readLogs(buffer, { follow: true })
  expect((await lines.next()).value).toEqual({ stream: 'stdout', text: 'line 0' })
  await write(source, buffer, 25_000)
  const { value } = await lines.next()
  expect(value).toEqual({
    stream: 'stderr',
    text: `moorage: ${buffer.firstIndex - 1} lines are missing here. They were not read in time.`,
  })
  expect((await lines.next()).value).toEqual({ stream: 'stdout', text: `line ${buffer.firstIndex}` })
  await lines.return(undefined)
})

test('without follow, the lines that arrive while the log is read do not count', async () => {
  const buffer = new LogBuffer()
  const source = new PassThrough()
  buffer.addSource('stdout', source)
  await write(source, buffer, 3)
  const read: string[] = []
  for await (const { text } of readLogs(buffer, { tail: 2 })) {
    read.push(text)
    await write(source, buffer, 1)
  }
  expect(read).toEqual(['line 1', 'line 2'])
})

test('a flood of lines, and a line without an end, stay within the bounds of the buffer', async () => {
  const buffer = new LogBuffer()
  const source = new PassThrough()
  buffer.addSource('stdout', source)
  for (let n = 0; n < 3; n++) await write(source, buffer, 20_000)
  expect(buffer.endIndex - buffer.firstIndex).toBeLessThanOrEqual(20_000)
  const before = buffer.endIndex
  for (let n = 0; n < 3; n++) source.write('x'.repeat(1024 * 1024))
  source.end()
  while (buffer.isOpen) await turn()
  expect(buffer.endIndex - before).toBe(3)
})
