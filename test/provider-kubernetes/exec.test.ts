import { expect, test } from 'vitest'
import { execInUnit } from '../../packages/provider-kubernetes/src/exec.ts'
import { startStandIn } from './api-stand-in.ts'
import { thrownMessage } from '../thrown-error.ts'

const pod = { service: 'db', namespace: 'n', pod: 'db' }
const { signal } = new AbortController()
const SUCCESS = Buffer.concat([Buffer.of(3), Buffer.from('{"status":"Success"}')])

test.each([
  ['is cut', (): undefined => undefined],
  ['closes in order, but without a result', (): number => 1_000],
])('a connection that %s is an error, and not the result of the command', async (_, code) => {
  const api = await startStandIn({
    accept(socket) {
      socket.send(Buffer.concat([Buffer.of(1), Buffer.from('half of the output')]), () => {
        if (code() === undefined) socket.terminate()
        else socket.close(code())
      })
    },
  })
  expect(await thrownMessage(() => execInUnit(api.client, pod, { command: ['true'] }, signal))).toMatch(
    /^PROVIDER_LOST\nservices\.db: the cluster could not run a command in it: the connection was interrupted \(code 100[06]\)\.$/,
  )
  await api.close()
})

test('input arrives in frames of 64 KiB, and is read no faster than it is sent', async () => {
  const size = 40 * 1024 * 1024
  const frames: number[] = []
  let ended = false
  let read = 0
  let greatestLead = 0
  const api = await startStandIn({
    accept(socket) {
      let received = 0
      socket.on('message', (data: Buffer) => {
        if (data[0] === 255) {
          ended = true
          socket.send(SUCCESS, () => socket.close(1_000))
          return
        }
        frames.push(data.length)
        received += data.length - 1
        greatestLead = Math.max(greatestLead, read - received)
      })
    },
  })
  async function* input(): AsyncGenerator<Buffer> {
    for (; read < size; read += 1024 * 1024) yield await Promise.resolve(Buffer.alloc(1024 * 1024))
    yield Buffer.from('end')
  }
  expect(await execInUnit(api.client, pod, { command: ['cat'], input: input() }, signal)).toMatchObject({ code: 0 })
  expect(ended).toBe(true)
  expect(Math.max(...frames)).toBe(64 * 1024)
  expect(frames.reduce((sum, length) => sum + length - 1, 0)).toBe(size + 3)
  // What the kernel holds, and one chunk of the source.
  expect(greatestLead).toBeLessThan(16 * 1024 * 1024)
  await api.close()
})

test('an input that fails ends the command with its error', async () => {
  const api = await startStandIn({})
  // eslint-disable-next-line require-yield
  async function* input(): AsyncGenerator<Buffer> {
    yield Buffer.from('first')
    throw new RangeError('the file is gone')
  }
  await expect(execInUnit(api.client, pod, { command: ['cat'], input: input() }, signal)).rejects.toThrow(
    'the file is gone',
  )
  await api.close()
})
