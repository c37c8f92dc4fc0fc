import { duplexPair } from 'node:stream'
import { expect, test } from 'vitest'
import { MoorageError, type LogLine } from '@moorage/core'
import { Channel, type ChannelHandlers } from '../../../packages/core/src/protocol/channel.ts'
import { thrownError, thrownMessage } from '../../thrown-error.ts'

const GONE = 'SUPERVISOR_FAILED\nThe supervisor that runs the services is gone.'

function pair(handlers: ChannelHandlers = {}): { readonly ours: Channel; readonly theirs: Channel } {
  const [one, other] = duplexPair()
  return { ours: new Channel(one, {}), theirs: new Channel(other, handlers) }
}

test('calls are answered, however the answers overtake each other', async () => {
  const waits = new Map<string, () => void>()
  const line = (text: string): LogLine => ({ stream: 'stdout', text })
  const { ours } = pair({
    methods: {
      logs: ({ service }) => new Promise((done) => void waits.set(service, () => done([line(`of ${service}`)]))),
    },
  })
  const [first, second] = ['a', 'b'].map((service) => ours.call('logs', { service, tail: 1 }))
  await expect.poll(() => waits.size).toBe(2)
  waits.get('b')?.()
  expect(await second).toEqual([line('of b')])
  waits.get('a')?.()
  expect(await first).toEqual([line('of a')])
})

test('a refusal arrives as the same error; anything else gets a code as well', async () => {
  const { ours } = pair({
    methods: {
      ping: () => Promise.reject(new MoorageError('PORT_IN_USE', 'taken', { service: 'api', hint: 'move' })),
      status: () => Promise.reject(new TypeError('odd')),
    },
  })
  expect(await thrownError(() => ours.call('ping', null))).toMatchObject({
    code: 'PORT_IN_USE',
    service: 'api',
    message: 'taken\nmove',
  })
  expect(await thrownError(() => ours.call('status', null))).toMatchObject({ code: 'START_FAILED', message: 'odd' })
})

test.each(['status', 'toString'])('a call of the unknown method %s says so', async (method) => {
  const { ours } = pair({ methods: { ping: () => null } })
  expect(await thrownMessage(() => ours.call(method as 'status', null))).toBe(
    `SUPERVISOR_FAILED\nThe supervisor has no method '${method}'.`,
  )
})

test('events arrive in their order', async () => {
  const events: string[] = []
  const { ours } = pair({ events: { ended: (reason) => void events.push(reason) }, methods: { ping: () => null } })
  for (const reason of ['1', '2', '3']) ours.sendEvent('ended', reason)
  await ours.call('ping', null)
  expect(events).toEqual(['1', '2', '3'])
})

test.each([
  'GET / HTTP/1.1',
  '{ "id": 1',
  'null',
  '7',
  '"text"',
  '{}',
  '[]',
  '{ "id": 1, "method": 7 }',
  '{ "event": null }',
])('a line that is no message (%s): the connection closes, and no call waits for ever', async (line) => {
  const [wire, other] = duplexPair()
  const theirs = new Channel(other, {})
  wire.resume()
  const waiting = thrownMessage(() => theirs.call('ping', null))
  wire.write(`${line}\n`)
  await theirs.closed
  expect(await waiting).toBe(GONE)
})

test('a call that the other side does not live to answer', async () => {
  const { ours, theirs } = pair({ methods: { ping: () => new Promise(() => {}) } })
  const waiting = thrownMessage(() => ours.call('ping', null))
  theirs.close()
  expect(await waiting).toBe(GONE)
  await ours.closed
  expect(await thrownMessage(() => ours.call('ping', null))).toBe(GONE)
})

test('text with line ends of every kind stays one message', async () => {
  const { ours } = pair({
    methods: { exec: ({ command }) => ({ code: 0, stdout: command.join(), stderr: '' }) },
  })
  const text = 'a\nb\r\nc\u2028d\u2029e\0'
  expect(await ours.call('exec', { service: 'a', command: [text] })).toEqual({ code: 0, stdout: text, stderr: '' })
})
