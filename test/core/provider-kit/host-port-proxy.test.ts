import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { HostPortProxies } from '../../../packages/core/src/provider-kit/host-port-proxy.ts'

// The whole of 127.0.0.0/8 is this machine's: one address stands for a bridge, the others for the rest of the world.
const BRIDGE = '127.0.0.2'
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

function relays(admits: (address: string) => boolean = () => true): HostPortProxies {
  const made = new HostPortProxies(() => Promise.resolve({ host: BRIDGE, admits }))
  ends.push(() => made.close())
  return made
}

/** A server that answers when its guest has ended: with what it heard, backwards. */
async function serve(host = '127.0.0.1', port = 0): Promise<{ server: Server; port: number }> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    void buffer(socket.on('error', () => {})).then(
      (heard) => socket.end(heard.reverse()),
      () => {},
    )
  }).listen(port, host)
  await once(server, 'listening')
  ends.push(() => server.close())
  return { server, port: (server.address() as AddressInfo).port }
}

async function ask(host: string, port: number, text: string | Buffer): Promise<string | Buffer> {
  const socket = connect({ host, port, allowHalfOpen: true })
  const failed = new Promise<string>((done) =>
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? '')),
  )
  socket.end(text)
  return await Promise.race([failed, buffer(socket).catch(() => failed)])
}

test('bytes go both ways, and an end on one side leaves the other open', async () => {
  const { port } = await serve()
  const way = await relays().expose(port)
  expect(way.host).toBe(BRIDGE)
  const sent = Buffer.alloc(3_000_000, 'abcdefg')
  expect(Buffer.compare((await ask(BRIDGE, way.port, sent)) as Buffer, Buffer.from(sent).reverse())).toBe(0)
})

test('it listens on the one address, and on no other', async () => {
  const { port } = await serve()
  const way = await relays().expose(port)
  for (const other of ['127.0.0.1', '127.0.0.3', '::1'])
    expect(await ask(other, way.port, 'x'), other).toBe('ECONNREFUSED')
})

test('a peer outside the session is disconnected before anything is dialled', async () => {
  const { server, port } = await serve()
  const asked: string[] = []
  const way = await relays((address) => asked.push(address) < 0).expose(port)
  expect(await ask(BRIDGE, way.port, 'x')).toBe('ECONNRESET')
  expect(asked).toEqual([expect.stringMatching(/^127\./)])
  expect(await new Promise((done) => server.getConnections((_, count) => done(count)))).toBe(0)
})

test('a server that is not there is a connection that breaks off', async () => {
  const { server, port } = await serve()
  await new Promise((done) => server.close(done))
  const way = await relays().expose(port)
  expect(await ask(BRIDGE, way.port, 'x')).toBe('ECONNRESET')
})

test('ports lent keep their numbers; one that is taken by a server on every address needs no relay', async () => {
  const one = await serve()
  const every = await serve('0.0.0.0')
  expect(await relays().openSamePorts([one.port, every.port])).toBe(BRIDGE)
  expect(String(await ask(BRIDGE, one.port, 'one'))).toBe('eno')
  expect(String(await ask(BRIDGE, every.port, 'every'))).toBe('yreve')
})

test('at its end it closes all connections and stops listening', async () => {
  const { port } = await serve()
  const made = relays()
  const way = await made.expose(port)
  const open = connect(way)
  const closed = new Promise((done) => open.on('error', () => {}).once('close', done))
  await once(open, 'connect')
  open.write('never ended')
  await made.close()
  await closed
  expect(await ask(BRIDGE, way.port, 'x')).toBe('ECONNREFUSED')
})
