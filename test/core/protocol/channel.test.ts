import { duplexPair } from 'node:stream'
import { expect, test } from 'vitest'
import { MoorageError, type ExecResult } from '@moorage/core'
import { Channel, DEFAULT_LIMITS, type ChannelHandlers } from '../../../packages/core/src/protocol/channel.ts'
import { thrownError, thrownMessage } from '../../thrown-error.ts'

const GONE = 'SUPERVISOR_FAILED\nThe supervisor that runs the services is gone.'

function pair(handlers: ChannelHandlers = {}): { readonly ours: Channel; readonly theirs: Channel } {
  const [one, other] = duplexPair()
  return { ours: new Channel(one, {}), theirs: new Channel(other, handlers) }
}

test('calls are answered, however the answers overtake each other', async () => {
  const waits = new Map<string, () => void>()
  const output = (stdout: string): ExecResult => ({ code: 0, stdout, stderr: '' })
  const { ours } = pair({
    methods: {
      exec: ({ service }) => new Promise((done) => void waits.set(service, () => done(output(`of ${service}`)))),
    },
  })
  const [first, second] = ['a', 'b'].map((service) => ours.call('exec', { service, command: [] }))
  await expect.poll(() => waits.size).toBe(2)
  waits.get('b')?.()
  expect(await second).toEqual(output('of b'))
  waits.get('a')?.()
  expect(await first).toEqual(output('of a'))
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

const PING = `${JSON.stringify({ id: 1, method: 'ping', params: null })}\n`

test('a line without an end closes the connection before it fills the memory', async () => {
  const [wire, other] = duplexPair()
  const received: number[] = []
  const theirs = new Channel(other, { limits: { ...DEFAULT_LIMITS, messageCharacters: 10_000 } })
  other.on('data', (text: string) => void received.push(text.length))
  const endless = setInterval(() => wire.write('x'.repeat(4_000)))
  await theirs.closed.finally(() => clearInterval(endless))
  expect(received.reduce((sum, length) => sum + length)).toBe(12_000)
})

test('a message that is too long is refused where it is sent, and the connection stays', async () => {
  const limits = { ...DEFAULT_LIMITS, messageCharacters: 200 }
  const [one, other] = duplexPair()
  const ours = new Channel(one, { limits })
  void new Channel(other, {
    limits,
    methods: { exec: () => ({ code: 0, stdout: 'x'.repeat(200), stderr: '' }), ping: () => null },
  })
  const command = ['x'.repeat(200)]
  expect(await thrownMessage(() => ours.call('exec', { service: 'a', command }))).toBe(
    "USAGE\nThe request 'exec' has 264 characters. The limit is 200.",
  )
  expect(await thrownMessage(() => ours.call('exec', { service: 'a', command: [] }))).toBe(
    'USAGE\nThe response of the supervisor has 252 characters. The limit is 200.',
  )
  expect(await ours.call('ping', null)).toBeNull()
})

test('a long message that arrives in many parts takes linear time', async () => {
  const { ours } = pair({
    methods: { exec: ({ command }) => ({ code: command.join('').length, stdout: '', stderr: '' }) },
  })
  // Joining the parts at each of them would copy half a terabyte.
  const command = ['x'.repeat(32 * 1024 * 1024)]
  expect(await ours.call('exec', { service: 'a', command })).toMatchObject({ code: 32 * 1024 * 1024 })
})

test('a peer that calls without end is disconnected', async () => {
  const [wire, other] = duplexPair()
  let running = 0
  const theirs = new Channel(other, {
    limits: { ...DEFAULT_LIMITS, runningCalls: 5 },
    methods: { ping: () => new Promise(() => void (running += 1)) },
  })
  wire.resume().write(PING.repeat(1_000))
  await theirs.closed
  expect(running).toBe(5)
})

test('a peer that calls and never reads is disconnected', async () => {
  const [wire, other] = duplexPair()
  let answered = 0
  const theirs = new Channel(other, {
    limits: { ...DEFAULT_LIMITS, unreadBytes: 100_000 },
    methods: { exec: () => ({ code: (answered += 1), stdout: 'x'.repeat(10_000), stderr: '' }) },
  })
  const call = `${JSON.stringify({ id: 1, method: 'exec', params: { service: 'a', command: [] } })}\n`
  const flood = setInterval(() => wire.write(call))
  await theirs.closed.finally(() => clearInterval(flood))
  expect(answered).toBeLessThan(20)
})
