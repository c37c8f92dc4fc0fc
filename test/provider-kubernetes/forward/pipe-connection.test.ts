import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MoorageError } from '@moorage/core'
import { afterEach, expect, test } from 'vitest'
import { openForward, type Forward } from '../../../packages/provider-kubernetes/src/forward/listener.ts'
import type { WebSocket } from '../../../packages/provider-kubernetes/src/vendor/websocket.ts'
import { startStandIn, type StandIn, type StandInOptions } from '../api-stand-in.ts'

const DATA = Buffer.of(0)
const READY_FOR_QUERY = Buffer.from('Z\0\0\0\x05I', 'latin1')
const TERMINATE = Buffer.from('X\0\0\0\x04', 'latin1')
const IDLE_MS = 200

let api: StandIn
let forwards: Forward[]
let errors: MoorageError[]
afterEach(async () => {
  await Promise.all(forwards.map((forward) => forward.close()))
  await api.close()
})

const open = async (options: StandInOptions): Promise<void> => {
  api = await startStandIn(options)
  forwards = []
  errors = []
}

/** A connection through a forward to a pod. */
const dial = async (pod = 'pod'): Promise<Socket> => {
  const target = { service: 'db', namespace: 'n', pod, port: 5432, idleAfterEndMs: IDLE_MS }
  const forward = await openForward(api.client, target, (error) => void errors.push(error))
  forwards.push(forward)
  return connect({ host: '127.0.0.1', port: forward.port, allowHalfOpen: true }).on('error', () => {})
}

/** What the kubelet sends first: the port on both channels. */
function announce(tunnel: WebSocket): void {
  for (const channel of [0, 1]) tunnel.send(Buffer.of(channel, 0x38, 0x15))
}

const send = (tunnel: WebSocket, data: Buffer): void => tunnel.send(Buffer.concat([DATA, data]))

/** How a connection ends: in order, or by an error. */
const ending = (socket: Socket): Promise<string> =>
  new Promise((resolve) => {
    socket.once('end', () => resolve('end')).once('error', ({ code }: NodeJS.ErrnoException) => resolve(code ?? ''))
    socket.resume()
  })

test('a client that reads slowly after its end gets every byte', async () => {
  const size = 24 * 1024 * 1024
  await open({
    accept(tunnel) {
      announce(tunnel)
      // The frames of the kubelet.
      for (let sent = 0; sent < size; sent += 32 * 1024) send(tunnel, Buffer.alloc(32 * 1024))
      tunnel.close(1_000)
    },
  })
  const socket = await dial()
  socket.end('request')
  await once(socket, 'readable')
  await sleep(IDLE_MS * 4)
  expect((await buffer(socket)).length).toBe(size)
  expect(errors).toEqual([])
})

test('an answer that does not come after the end is a reset with an error, never an orderly end', async () => {
  await open({ accept: announce })
  const socket = await dial()
  socket.end('request')
  expect(await ending(socket)).toBe('ECONNRESET')
  await expect
    .poll(() => errors.map(({ message }) => message))
    .toEqual([
      'services.db: the forward to port 5432 failed: the client has ended its side, and the pod has neither closed the connection nor sent anything for 0.2 s.\nInspect the pod with: kubectl describe pod pod -n n',
    ])
})

test('an answer that breaks off after the end is a reset with an error', async () => {
  await open({
    accept(tunnel) {
      announce(tunnel)
      tunnel.on('message', () => send(tunnel, Buffer.from('the first half')))
    },
  })
  const socket = await dial()
  socket.end('request')
  expect(await ending(socket)).toBe('ECONNRESET')
  await expect.poll(() => errors.length).toBe(1)
})

test('a client that ends after the last word of the pod gets an orderly end', async () => {
  await open({
    accept(tunnel) {
      announce(tunnel)
      send(tunnel, Buffer.from('answer'))
    },
  })
  const socket = await dial()
  await once(socket, 'data')
  socket.end()
  expect(await ending(socket)).toBe('end')
  expect(errors).toEqual([])
})

test('a client that has its answer and goes away is no error, and leaves no tunnel', async () => {
  const closed = Promise.withResolvers<void>()
  await open({
    accept(tunnel) {
      announce(tunnel)
      tunnel.on('message', () => send(tunnel, Buffer.from('answer')))
      tunnel.once('close', () => closed.resolve())
    },
  })
  const socket = await dial()
  socket.write('request')
  await once(socket, 'data')
  socket.destroy()
  await closed.promise
  expect(errors).toEqual([])
})

test('what a client sends after the close of the pod is answered with a reset', async () => {
  await open({
    accept(tunnel) {
      announce(tunnel)
      tunnel.close(1_000)
    },
  })
  const socket = await dial()
  socket.resume()
  await once(socket, 'end')
  const failed = new Promise<string | undefined>((resolve) =>
    socket.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code)),
  )
  // A socket that has read to the end notices the reset of its first write by the second.
  const writing = setInterval(() => socket.write('too late'), 10)
  expect(await failed.finally(() => clearInterval(writing))).toMatch(/^(EPIPE|ECONNRESET)$/)
})

test.each([
  ['code 1001', (tunnel: WebSocket) => tunnel.close(1_001)],
  ['no code', (tunnel: WebSocket) => tunnel.close()],
  ['a cut', (tunnel: WebSocket) => tunnel.terminate()],
])('a tunnel that ends with %s resets the connection', async (_, end) => {
  await open({
    accept(tunnel) {
      announce(tunnel)
      send(tunnel, Buffer.from('half'))
      tunnel.once('message', () => end(tunnel))
    },
  })
  const socket = await dial()
  await once(socket, 'data')
  socket.write('go on')
  expect(await ending(socket)).toBe('ECONNRESET')
  await expect.poll(() => errors.length).toBe(1)
})

test("a client of PostgreSQL that ends waits for no runtime's second, and the server gets its good-bye", async () => {
  const received: Buffer[] = []
  const closed = Promise.withResolvers<void>()
  await open({
    accept(tunnel) {
      announce(tunnel)
      send(tunnel, Buffer.concat([Buffer.from('row'), READY_FOR_QUERY]))
      tunnel.on('message', (data: Buffer) => void received.push(data.subarray(1)))
      tunnel.once('close', () => closed.resolve())
    },
  })
  const socket = await dial()
  await once(socket, 'data')
  const since = performance.now()
  socket.end(TERMINATE)
  expect(await ending(socket)).toBe('end')
  expect(performance.now() - since).toBeLessThan(IDLE_MS)
  await closed.promise
  expect(Buffer.concat(received)).toEqual(TERMINATE)
  expect(errors).toEqual([])
})

test('a good-bye behind a query does not cut off its answer', async () => {
  await open({
    accept(tunnel) {
      announce(tunnel)
      send(tunnel, READY_FOR_QUERY)
      tunnel.once('message', () => {
        setTimeout(() => send(tunnel, Buffer.from('answer')), IDLE_MS / 2)
        setTimeout(() => tunnel.close(1_000), IDLE_MS)
      })
    },
  })
  const socket = await dial()
  await once(socket, 'data')
  socket.end(Buffer.concat([Buffer.from('Q\0\0\0\x0dselect 1\0', 'latin1'), TERMINATE]))
  expect((await buffer(socket)).toString()).toBe('answer')
})

test('32 dials to a pod that does not answer hold up no other', async () => {
  await open({
    refuse: ({ url }) => (url?.includes('/bad/') ? 0 : undefined),
    accept(tunnel, { url }) {
      announce(tunnel)
      if (url?.includes('/good/')) tunnel.on('message', (data: Buffer) => tunnel.send(data))
    },
  })
  const bad = { service: 'bad', namespace: 'n', pod: 'bad', port: 1 }
  const forward = await openForward(api.client, bad, () => {})
  forwards.push(forward)
  for (let i = 0; i < 40; i++) connect({ host: '127.0.0.1', port: forward.port }).on('error', () => {})
  await expect.poll(() => api.requests.length).toBeGreaterThan(31)
  const since = performance.now()
  const socket = await dial('good')
  socket.write('there?')
  await once(socket, 'data')
  expect(performance.now() - since).toBeLessThan(1_000)
  socket.destroy()
})

test('a dial with expired credentials renews them once', async () => {
  let denied = false
  await open({
    refuse: () => (denied ? undefined : ((denied = true), 401)),
    accept(tunnel) {
      announce(tunnel)
      send(tunnel, Buffer.from('hello'))
    },
  })
  const socket = await dial()
  expect((await once(socket, 'data')).toString()).toBe('hello')
  expect(api.refreshes()).toBe(1)
  socket.destroy()
})
