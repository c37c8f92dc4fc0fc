import { execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { currentOwner, type Session, type Unit } from '@moorage/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { provider } from '../../../packages/provider-kubernetes/src/provider.ts'
import { kubeconfig, missing } from '../../../e2e/harness/engine.ts'

const reason = missing('kubernetes')
const MEBIBYTE = 1024 * 1024

// One pod, a port for each behaviour; what is sent can be told by its place.
const SIZE = 64 * MEBIBYTE
const PORTS = {
  echo: 7000,
  download: 7001,
  endless: 7002,
  late: 7003,
  deaf: 7004,
  closed: 7005,
  count: 7006,
  postgres: 7007,
  closing: 7008,
  greeting: 7009,
}
const SCRIPT = `
serve() { nc -ll -p "$1" -e sh -c "$2" & }
serve 7000 'cat'
serve 7001 'yes 0123456789abcdef | head -c ${SIZE}'
serve 7002 'yes'
serve 7003 'read -r word; sleep 1; echo "answer to $word"'
serve 7004 'sleep 1000'
serve 7006 'head -c ${SIZE} | sha256sum'
serve 7008 'read -r word; echo bye'
serve 7009 'echo hello; cat >/dev/null'
serve 7007 'printf "Z\\0\\0\\0\\5I"; head -c 5 >/dev/null'
wait`

describe.skipIf(reason)(`forward${reason ? ` (${reason})` : ''}`, () => {
  let session: Session
  let unit: Unit
  const notices: string[] = []
  const signal = new AbortController().signal

  beforeAll(async () => {
    const kubernetes = provider({ context: 'testbed', kubeconfig: kubeconfig('admin') }, { root: process.cwd() })
    const id = `forward-${randomBytes(4).toString('hex')}`
    const run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
    session = await kubernetes.open(
      run,
      { phase: () => {}, journal: () => {}, notice: (text) => void notices.push(text) },
      signal,
    )
    unit = await session.start(
      {
        name: 'server',
        ports: PORTS,
        env: {},
        sensitive: [],
        container: { image: 'busybox:1.37', user: '1000:1000', command: ['sh', '-c', SCRIPT] },
      },
      signal,
    )
    for (const port of [PORTS.echo, PORTS.count])
      while ((await unit.portProblem?.(port, signal)) !== undefined) await sleep(20)
  })
  afterAll(() => session.close())

  const dial = async (port: number): Promise<Socket> => {
    const endpoint = await unit.endpoint(port, 'host')
    return connect({ ...endpoint, allowHalfOpen: true }).on('error', () => {})
  }

  test('64 MiB down arrive byte for byte', async () => {
    const got = createHash('sha256')
    let bytes = 0
    for await (const chunk of await dial(PORTS.download)) {
      bytes += (chunk as Buffer).length
      got.update(chunk as Buffer)
    }
    const line = Buffer.from('0123456789abcdef\n')
    const wanted = Buffer.alloc(SIZE, line)
    expect(bytes).toBe(SIZE)
    expect(got.digest('hex')).toBe(createHash('sha256').update(wanted).digest('hex'))
  })

  test('64 MiB up arrive byte for byte', async () => {
    const content = Buffer.alloc(SIZE, randomBytes(4_099))
    const socket = await dial(PORTS.count)
    socket.write(content)
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    expect(answer.toString().split(' ')[0]).toBe(createHash('sha256').update(content).digest('hex'))
  })

  test('a reader that pauses holds the sender up: memory stays where it was', async () => {
    const socket = await dial(PORTS.endless)
    await once(socket, 'data')
    socket.pause()
    await sleep(200)
    const before = process.memoryUsage().rss
    await sleep(2_500)
    const grown = (process.memoryUsage().rss - before) / MEBIBYTE
    socket.destroy()
    expect(grown).toBeLessThan(32)
  })

  test('a pod that does not read pauses its writer, and no other connection', async () => {
    const socket = await dial(PORTS.deaf)
    const before = process.memoryUsage().rss
    const piece = Buffer.alloc(MEBIBYTE)
    let sent = 0
    for (let flows = true; flows && sent < 64; sent++)
      flows = socket.write(piece) || (await Promise.race([once(socket, 'drain').then(() => true), sleep(1_500, false)]))
    const grown = (process.memoryUsage().rss - before) / MEBIBYTE
    expect(await say(await dial(PORTS.echo), 'still there')).toBe('still there')
    socket.destroy()
    expect(sent).toBeLessThan(64)
    expect(grown).toBeLessThan(48)
  })

  test('an answer that comes a second after the local end is read to its end', async () => {
    const socket = await dial(PORTS.late)
    socket.end('question\n')
    expect((await buffer(socket)).toString()).toBe('answer to question\n')
  })

  // Speaks as PostgreSQL does at the end of a session: ready for a query, then a close in answer to the good-bye.
  test('a session of PostgreSQL ends when its client ends it, and not a second later', async () => {
    const socket = await dial(PORTS.postgres)
    expect((await once(socket, 'data'))[0]).toEqual(Buffer.from('Z\0\0\0\x05I', 'latin1'))
    const since = performance.now()
    socket.end(Buffer.from('X\0\0\0\x04', 'latin1'))
    await once(socket.resume(), 'end')
    expect(performance.now() - since).toBeLessThan(300)
  })

  // The runtime passes no end on for a second, and a client of either route waits for it.
  test('a close of the pod, and one of a client after its answer, arrive as soon as through kubectl', async () => {
    await using kubectl = await startKubectlForward(unit, [PORTS.closing, PORTS.greeting])
    const routes = [dial, (port: number) => Promise.resolve(kubectl.dial(port))] as const
    const [ours = [], theirs = []] = await Promise.all(
      routes.map(
        async (route) =>
          await Promise.all([closeOf(await route(PORTS.closing), false), closeOf(await route(PORTS.greeting), true)]),
      ),
    )
    for (const [i, end] of ours.entries()) {
      expect(end.how).toBe('end')
      expect(end.ms).toBeLessThan((theirs[i]?.ms ?? 0) + 300)
    }
  })

  test('no server listens: a reset, and the same local port works once one does', async () => {
    const socket = await dial(PORTS.closed)
    // From now on: the reset may come before the other question is answered.
    const code = new Promise((done) =>
      socket
        .once('error', (error: NodeJS.ErrnoException) => done(error.code))
        .once('end', () => done('end'))
        .resume(),
    )
    expect(await unit.portProblem?.(PORTS.closed, signal)).toBe('nothing listens on port 7005 in its pod')
    expect(await code).toBe('ECONNRESET')
    await unit.exec?.(['sh', '-c', 'nc -ll -p 7005 -e cat >/dev/null 2>&1 &'], signal)
    await expect.poll(() => unit.portProblem?.(PORTS.closed, signal), { timeout: 5_000 }).toBeUndefined()
    expect(await say(await dial(PORTS.closed), 'now')).toBe('now')
  })

  test('200 connections at once: each hears itself', async () => {
    const words = Array.from({ length: 200 }, () => randomBytes(8).toString('hex'))
    expect(await Promise.all(words.map(async (word) => say(await dial(PORTS.echo), word)))).toEqual(words)
  })

  test('a local reset in mid-download, fifty times: the next request works', async () => {
    for (let n = 0; n < 50; n++) {
      const socket = await dial(PORTS.endless)
      await once(socket, 'data')
      socket.resetAndDestroy()
    }
    expect(await say(await dial(PORTS.echo), 'fine')).toBe('fine')
    expect(notices).toEqual([])
  })
})

async function say(socket: Socket, word: string): Promise<string> {
  socket.write(word)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return answer.toString()
}

/** How a connection ends after its first answer, and how long that takes. */
async function closeOf(socket: Socket, clientEnds: boolean): Promise<{ readonly how: string; readonly ms: number }> {
  if (!clientEnds) socket.write('quit\n')
  await once(socket, 'data')
  const since = performance.now()
  if (clientEnds) socket.end()
  const how = await new Promise<string>((resolve) =>
    socket
      .once('end', () => resolve('end'))
      .once('error', ({ code }: NodeJS.ErrnoException) => resolve(String(code)))
      .resume(),
  )
  socket.destroy()
  return { how, ms: performance.now() - since }
}

interface KubectlForward extends AsyncDisposable {
  dial(port: number): Socket
}

async function startKubectlForward({ inspect = '' }: Unit, ports: readonly number[]): Promise<KubectlForward> {
  const [, namespace = '', pod = ''] = /-n (\S+) (\S+)/.exec(inspect) ?? []
  const kubectl = process.env['MOORAGE_TESTBED_KUBECTL'] ?? 'kubectl'
  const at = ['--kubeconfig', kubeconfig('admin'), '-n', namespace]
  // The phase of a pod is written after its container runs.
  execFileSync(kubectl, [...at, 'wait', '--for=jsonpath={.status.phase}=Running', `pod/${pod}`])
  const command = [...at, 'port-forward', `pod/${pod}`, ...ports.map((port) => `:${port}`)]
  const child = spawn(kubectl, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const local = new Map<number, number>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const [, here, there] of text.matchAll(/127\.0\.0\.1:(\d+) -> (\d+)/g)) local.set(Number(there), Number(here))
  })
  while (local.size < ports.length && child.exitCode === null) await sleep(10)
  return {
    dial: (port) =>
      connect({ host: '127.0.0.1', port: local.get(port) ?? 0, allowHalfOpen: true }).on('error', () => {}),
    async [Symbol.asyncDispose]() {
      child.kill()
      await exited
    },
  }
}
