import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { Exit, LogLine, Probe, Unit } from '@moorage/core'
import { monotonicClock } from '../../../packages/core/src/provider-kit/clock.ts'
import { waitReady } from '../../../packages/core/src/readiness/wait-ready.ts'
import { thrownMessage } from '../../thrown-error.ts'

const servers: Server[] = []
const sockets = new Set<Socket>()
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))))
})

/** A server that treats its n-th connection as told. */
async function serve(treat: (socket: Socket, n: number) => void): Promise<number> {
  let n = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    treat(socket, n++)
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return (server.address() as AddressInfo).port
}

interface Setting {
  readonly port?: number
  readonly lines?: readonly string[]
  readonly exited?: Promise<Exit>
  readonly exec?: NonNullable<Unit['exec']>
}

interface Outcome {
  readonly reasons: readonly string[]
  readonly ms: number
}

async function ready(
  probe: Probe,
  { port = 1, lines = [], exited = new Promise<never>(() => {}), exec }: Setting,
  signal = AbortSignal.timeout(5_000),
): Promise<Outcome> {
  const unit: Unit = {
    endpoint: (number) => Promise.resolve({ host: '127.0.0.1', port: number }),
    async *logs(): AsyncGenerator<LogLine> {
      for (const text of lines) yield { stream: 'stdout', text }
    },
    exited,
    stop: () => Promise.resolve(),
    ...(exec ? { exec } : {}),
  }
  const reasons: string[] = []
  const since = performance.now()
  await waitReady({
    service: 'db',
    unit,
    probes: [probe],
    ports: { main: port, other: 2 },
    signal,
    clock: monotonicClock,
    onAttempt: (reason) => void (reasons.at(-1) === reason || reasons.push(reason)),
  })
  return { reasons, ms: performance.now() - since }
}

const pong: Probe = { kind: 'exchange', send: { text: 'PING\r\n' }, expect: { text: '+PONG\r\n' } }

test('tcp: a port that accepts and closes is none; one that stays open is', async () => {
  const port = await serve((socket, n) => void (n < 3 && socket.end()))
  const { reasons } = await ready({ kind: 'tcp' }, { port })
  expect(reasons).toEqual([`127.0.0.1:${port} closed the connection`])
})

test('tcp: a reset is reported as one, and a greeting is enough', async () => {
  const port = await serve((socket, n) => void (n < 2 ? socket.resetAndDestroy() : socket.write('220 hello')))
  const { reasons } = await ready({ kind: 'tcp' }, { port })
  expect(reasons.join()).toMatch(/ECONNRESET|closed the connection/)
})

test('tcp: no server listens', async () => {
  const reasons: string[] = []
  const unit = {
    endpoint: () => Promise.resolve({ host: '127.0.0.1', port: 1 }),
    exited: new Promise<never>(() => {}),
    stop: () => Promise.resolve(),
    async *logs() {},
  }
  const waiting = waitReady({
    service: 'db',
    unit,
    probes: [{ kind: 'tcp' }],
    ports: { main: 1 },
    signal: AbortSignal.timeout(50),
    clock: monotonicClock,
    onAttempt: (reason) => reasons.push(reason),
  })
  await expect(waiting).rejects.toMatchObject({ name: 'TimeoutError' })
  expect(reasons[0]).toBe('connection refused by 127.0.0.1:1')
})

test('exchange: an answer in pieces counts when it is whole', async () => {
  const port = await serve(
    (socket) =>
      void socket.once('data', async () => {
        for (const piece of ['+', 'PO', 'NG\r', '\n']) {
          socket.write(piece)
          await sleep(15)
        }
      }),
  )
  expect((await ready(pong, { port })).reasons).toEqual([])
})

test('exchange: half an answer and the end is none', async () => {
  const port = await serve((socket, n) => void socket.once('data', () => socket.end(n < 2 ? '+PO' : '+PONG\r\n')))
  expect((await ready(pong, { port })).reasons).toEqual([`127.0.0.1:${port} answered "+PO"`])
})

test('exchange: Redis that still loads', async () => {
  const port = await serve(
    (socket, n) =>
      void socket.once('data', () =>
        socket.write(n < 3 ? '-LOADING Redis is loading the dataset in memory\r\n' : '+PONG\r\n'),
      ),
  )
  expect((await ready(pong, { port })).reasons).toEqual([
    `127.0.0.1:${port} answered "-LOADING Redis is loading the dataset in memory"`,
  ])
})

test('exchange: a peer that stays silent is left and tried again', async () => {
  const port = await serve((socket, n) => void (n > 0 && socket.once('data', () => socket.write('+PONG\r\n'))))
  const { reasons, ms } = await ready(pong, { port })
  expect(reasons).toEqual([`127.0.0.1:${port} did not answer within 2 s`])
  expect(ms).toBeLessThan(3_000)
})

test('exchange: anywhere in the answer, up to a limit', async () => {
  const anywhere: Probe = { kind: 'exchange', expect: { hex: '0102' }, at: 'anywhere' }
  const port = await serve(
    (socket, n) => void socket.write(n === 0 ? Buffer.alloc(70_000) : Buffer.from([9, 9, 1, 2, 9])),
  )
  const { reasons } = await ready(anywhere, { port })
  expect(reasons).toEqual([`127.0.0.1:${port} answered ""`])
})

test('http: statuses, and one that is not expected', async () => {
  const port = await serve(
    (socket, n) =>
      void socket.once('data', () =>
        socket.end(`HTTP/1.1 ${['500 x', '404 x', '302 x'][n]}\r\nContent-Length: 0\r\n\r\n`),
      ),
  )
  const { reasons } = await ready({ kind: 'http', path: '/health' }, { port })
  expect(reasons).toEqual([
    `http://127.0.0.1:${port}/health answered 500`,
    `http://127.0.0.1:${port}/health answered 404`,
  ])
})

test.each([401, 403])('http: %i is an answer, unless other statuses are asked for', async (status) => {
  const answer = (code: number): string => `HTTP/1.1 ${code} x\r\nContent-Length: 0\r\n\r\n`
  const port = await serve((socket) => void socket.once('data', () => socket.end(answer(status))))
  expect((await ready({ kind: 'http' }, { port })).reasons).toEqual([])
  const strict = await serve((socket, n) => void socket.once('data', () => socket.end(answer(n ? 200 : status))))
  expect((await ready({ kind: 'http', status: [200] }, { port: strict })).reasons).toEqual([
    `http://127.0.0.1:${strict}/ answered ${status}`,
  ])
})

test('http: a server that takes 2.5 s for each answer is waited for', async () => {
  const port = await serve(
    (socket) =>
      void socket.once('data', async () => {
        await sleep(2_500)
        socket.end('HTTP/1.1 200 x\r\nContent-Length: 0\r\n\r\n')
      }),
  )
  expect((await ready({ kind: 'http' }, { port }, AbortSignal.timeout(8_000))).reasons).toEqual([
    `http://127.0.0.1:${port}/: no answer within 2 s`,
  ])
}, 10_000)

test('http: something else listens', async () => {
  const port = await serve((socket, n) => void socket.end(n < 2 ? 'SSH-2.0-OpenSSH\r\n' : 'HTTP/1.1 204 x\r\n\r\n'))
  expect((await ready({ kind: 'http' }, { port })).reasons.join()).toContain('Parse Error')
})

test('log: often enough', async () => {
  const probe: Probe = { kind: 'log', pattern: 'ready to accept', times: 2 }
  const counts = [0, 1].map((n) => `/ready to accept/ matched ${n} of 2 lines in its log`)
  expect((await ready(probe, { lines: ['ready to accept', 'x', 'ready to accept'] })).reasons).toEqual(counts)
  const late = ready(probe, { lines: ['ready to accept'] }, AbortSignal.timeout(50))
  await expect(late).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('exec: its exit code, and what it said', async () => {
  let n = 0
  const exec = (): Promise<{ code: number; stdout: string; stderr: string }> =>
    Promise.resolve(
      n++ ? { code: 0, stdout: '', stderr: '' } : { code: 3, stdout: '', stderr: 'warming up\nnot yet\n' },
    )
  expect((await ready({ kind: 'exec', command: ['check', '-q'] }, { exec })).reasons).toEqual([
    "'check -q' ended with exit code 3: not yet",
  ])
  expect(await thrownMessage(() => ready({ kind: 'exec', command: ['x'] }, {}))).toBe(
    'OPTION_UNSUPPORTED\nservices.db.ready: a probe runs a command inside the service, and its provider cannot run commands there.\nUse another kind of probe: tcp, http, log or exchange.',
  )
})

test('exec: a command that the engine cannot run for the moment is run again', async () => {
  let n = 0
  const exec = (): Promise<{ code: number; stdout: string; stderr: string }> =>
    n++ ? Promise.resolve({ code: 0, stdout: '', stderr: '' }) : Promise.reject(new RangeError('it is restarting'))
  expect((await ready({ kind: 'exec', command: ['check'] }, { exec })).reasons).toEqual([
    "'check' could not run: it is restarting",
  ])
})

test('an end before it was ready: exit code and last lines, at once', async () => {
  const exited = sleep(30).then((): Exit => ({ reason: 'exited', code: 78 }))
  const text = await thrownMessage(() =>
    ready({ kind: 'tcp' }, { exited, lines: ['reading settings', 'no such setting'] }),
  )
  expect(text).toBe(
    'SERVICE_EXITED\nservices.db ended with exit code 78 before it was ready.\nIts last log lines show why.\nLast log lines:\n  reading settings\n  no such setting',
  )
})

test.each<[Exit, string]>([
  [
    { reason: 'exited', signal: 'SIGKILL', code: 137, detail: 'out of memory' },
    'was killed by SIGKILL (out of memory)',
  ],
  [{ reason: 'evicted', detail: 'node was under pressure' }, 'was evicted (node was under pressure)'],
  [{ reason: 'exited' }, 'ended'],
])('%j', async (exit, text) => {
  expect(await thrownMessage(() => ready({ kind: 'tcp' }, { exited: Promise.resolve(exit) }))).toMatch(
    `SERVICE_EXITED\nservices.db ${text} before it was ready.`,
  )
})

test('an abort ends it at once with its reason, and leaves no socket', async () => {
  // It reads, and never answers.
  const port = await serve((socket) => void socket.resume())
  // What earlier tests have closed is gone then.
  await sleep(100)
  const before = handles()
  for (const probe of [pong, { kind: 'http' }, { kind: 'tcp', port: 'other' }] as Probe[]) {
    const abort = new AbortController()
    const waiting = ready(probe, { port }, abort.signal)
    setTimeout(() => abort.abort(new RangeError('enough')), 60)
    const since = performance.now()
    await expect(waiting).rejects.toThrow('enough')
    expect(performance.now() - since).toBeLessThan(500)
  }
  // A destroyed socket is closed some turns later.
  await expect.poll(handles).toEqual(before)
  expect(sockets.size).toBe(0)
})

function handles(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((name) => /TCP/.test(name))
    .toSorted()
}

test.each([
  ['ends the session that a server has opened for it', 'welcome', 'bye'],
  ['sends no farewell where the server has opened no session', 'who is it?', ''],
])('an exchange %s', async (_what, answer, expected) => {
  const received = Promise.withResolvers<string>()
  const port = await serve((socket) => {
    let text = ''
    socket.write(answer)
    socket.setEncoding('utf8').on('data', (part: string) => (text += part))
    socket.once('close', () => received.resolve(text))
  })
  const farewell = { after: { text: 'welcome' }, send: { text: 'bye' } }
  await ready({ kind: 'exchange', expect: { text: 'w' }, farewell }, { port })
  expect(await received.promise).toBe(expected)
})
