import { duplexPair } from 'node:stream'
import { expect, test } from 'vitest'
import { MoorageError, type Json } from '@moorage/core'
import { Channel, type ChannelHandlers } from '../../../packages/core/src/protocol/channel.ts'
import { refusal, refused } from '../refusal.ts'

const GONE = 'SUPERVISOR_FAILED\nThe supervisor that holds the services is gone.'

function pair(handlers: ChannelHandlers = {}): { readonly ours: Channel; readonly theirs: Channel } {
  const [one, other] = duplexPair()
  return { ours: new Channel(one, {}), theirs: new Channel(other, handlers) }
}

test('calls are answered, however the answers overtake each other', async () => {
  const waits = new Map<string, () => void>()
  const { ours } = pair({
    handle: (method) => new Promise<Json>((done) => void waits.set(method, () => done(`did ${method}`))),
  })
  const [first, second] = [ours.call('a', null), ours.call('b', null)]
  await expect.poll(() => waits.size).toBe(2)
  waits.get('b')?.()
  expect(await second).toBe('did b')
  waits.get('a')?.()
  expect(await first).toBe('did a')
})

test('a refusal arrives as the same error; anything else gets a code as well', async () => {
  const { ours } = pair({
    handle: (method) =>
      Promise.reject(
        method === 'known'
          ? new MoorageError('PORT_IN_USE', 'taken', { service: 'api', hint: 'move' })
          : new TypeError('odd'),
      ),
  })
  expect(await refusal(() => ours.call('known', null))).toMatchObject({
    code: 'PORT_IN_USE',
    service: 'api',
    message: 'taken\nmove',
  })
  expect(await refusal(() => ours.call('other', null))).toMatchObject({ code: 'START_FAILED', message: 'odd' })
})

test('an end without handlers says so', async () => {
  const { theirs } = pair()
  expect(await refused(() => theirs.call('open', null))).toBe('SUPERVISOR_FAILED\nThis end answers no calls (open).')
})

test('events arrive in their order', async () => {
  const events: Json[] = []
  const { ours } = pair({ event: (event) => void events.push(event), handle: () => Promise.resolve(null) })
  for (const n of [1, 2, 3]) ours.sendEvent({ n })
  await ours.call('flush', null)
  expect(events).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
})

test.each(['GET / HTTP/1.1', '{ "id": 1', 'null', '7', '"text"', '{}', '[]', '{ "id": 1, "method": 7 }'])(
  'a line that is no message (%s): the connection closes, and no call waits for ever',
  async (line) => {
    const [wire, other] = duplexPair()
    const theirs = new Channel(other, {})
    wire.resume()
    const waiting = refused(() => theirs.call('never answered', null))
    wire.write(`${line}\n`)
    await theirs.closed
    expect(await waiting).toBe(GONE)
  },
)

test('a call that the other side does not live to answer', async () => {
  const { ours, theirs } = pair({ handle: () => new Promise(() => {}) })
  const waiting = refused(() => ours.call('open', null))
  theirs.close()
  expect(await waiting).toBe(GONE)
  await ours.closed
  expect(await refused(() => ours.call('again', null))).toBe(GONE)
})

test('text with line ends of every kind stays one message', async () => {
  const { ours } = pair({ handle: (_method, params) => Promise.resolve(params) })
  const text = 'a\nb\r\nc\u2028d\u2029e\0'
  expect(await ours.call('echo', { text })).toEqual({ text })
})
