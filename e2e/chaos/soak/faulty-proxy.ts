import { readFileSync } from 'node:fs'
import {
  request as plain,
  createServer,
  type IncomingMessage,
  type RequestOptions,
  type ServerResponse,
} from 'node:http'
import { request as secure } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What the proxy does with one request: nothing of its own, unless it says so. */
export interface Trouble {
  /** Milliseconds that it is held back. */
  readonly delay?: number
  /** The connection is reset: before the request gets through, or instead of its answer. */
  readonly reset?: 'before' | 'after'
  /** Answered here: too many requests. */
  readonly throttle?: boolean
}

/** Where the real engine is. */
export type Upstream =
  | { readonly socketPath: string }
  | { readonly host: string; readonly port: number; readonly ca: Buffer; readonly cert: Buffer; readonly key: Buffer }

export interface FaultyProxy extends AsyncDisposable {
  readonly port: number
  /** Asked for every request. Default: no trouble. */
  trouble: (method: string, path: string) => Trouble
  /** No connection gets through, as if no process listened. */
  refuses: boolean
  /** Waits until no client is connected, two seconds at most. */
  quiet(): Promise<void>
}

/**
 * FAKE FAULTS: stands before a real engine's API, passes everything on, and does what engines and networks do on bad
 * days.
 */
export async function openProxy(
  upstream: Upstream,
  listen: { readonly path: string } | { readonly port: 0; readonly host: string },
): Promise<FaultyProxy> {
  const send = 'socketPath' in upstream ? plain : secure
  const connections = new Set<Socket>()
  const options = ({ method, url, headers }: IncomingMessage): RequestOptions => ({
    ...upstream,
    method,
    path: url,
    headers,
    agent: false,
  })
  const server = createServer((asked, answer) => void pass(asked, answer))
  const proxy: FaultyProxy = {
    get port() {
      return (server.address() as AddressInfo).port
    },
    trouble: () => ({}),
    refuses: false,
    async quiet() {
      for (const end = performance.now() + 2_000; connections.size && performance.now() < end;) await sleep(20)
    },
    async [Symbol.asyncDispose]() {
      for (const each of connections) each.destroy()
      await new Promise((done) => server.close(done))
    },
  }
  const stand = async ({ method = '', url = '', socket }: IncomingMessage): Promise<Trouble> => {
    const trouble = proxy.trouble(method, url)
    if (trouble.delay) await sleep(trouble.delay)
    if (trouble.reset === 'before') cut(socket)
    return trouble
  }
  async function pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { throttle, reset } = await stand(asked)
    if (asked.socket.destroyed) return
    if (throttle) {
      asked.resume()
      answer.writeHead(429, { 'Content-Type': 'application/json', 'Retry-After': '1' }).end(
        JSON.stringify({
          kind: 'Status',
          code: 429,
          reason: 'TooManyRequests',
          message: 'too many requests',
          details: { retryAfterSeconds: 1 },
        }),
      )
      return
    }
    const sent = send(options(asked), (got) => {
      if (reset === 'after') return cut(asked.socket)
      answer.writeHead(got.statusCode ?? 502, got.headers)
      answer.flushHeaders()
      got.pipe(answer)
      got.once('error', () => asked.socket.destroy())
    })
    sent.once('error', () => asked.socket.destroy())
    answer.once('close', () => sent.destroy())
    asked.pipe(sent)
  }
  server.on('upgrade', (asked: IncomingMessage, local: Socket, head: Buffer) => {
    local.on('error', () => {})
    void stand(asked).then(() => {
      if (local.destroyed) return
      const sent = send(options(asked))
      sent.once('upgrade', (got, remote, first) => {
        local.write(`HTTP/1.1 ${got.statusCode} ${got.statusMessage}\r\n${rawHeaders(got)}\r\n`)
        local.write(first)
        remote.write(head)
        remote.on('error', () => local.destroy()).once('close', () => local.destroy())
        local.once('close', () => remote.destroy())
        remote.pipe(local).pipe(remote)
      })
      sent.once('response', (got) => {
        local.write(`HTTP/1.1 ${got.statusCode} ${got.statusMessage}\r\n${rawHeaders(got)}\r\n`)
        got.pipe(local)
      })
      sent.once('error', () => local.destroy())
      sent.end()
    })
  })
  server.on('connection', (socket) => {
    connections.add(socket)
    socket.on('error', () => {}).once('close', () => connections.delete(socket))
    if (proxy.refuses) cut(socket)
  })
  server.listen(listen)
  await new Promise((done) => server.once('listening', done))
  return proxy
}

/** A reset, where there is one: a Unix socket only ends. */
function cut(socket: Socket): void {
  if (socket.remoteAddress === undefined) socket.destroy()
  else socket.resetAndDestroy()
}

function rawHeaders({ rawHeaders: raw }: IncomingMessage): string {
  return raw.map((text, i) => `${text}${i % 2 ? '\r\n' : ': '}`).join('')
}

/** The server of a kubeconfig, with its client certificate. */
export function upstreamOf(kubeconfig: string): Upstream {
  const text = readFileSync(kubeconfig, 'utf8')
  const value = (name: string): string => new RegExp(`["']?${name}["']?:\\s*["']?([^"',\\s]+)`).exec(text)?.[1] ?? ''
  const bytes = (name: string): Buffer => Buffer.from(value(name), 'base64')
  const { hostname, port } = new URL(value('server'))
  return {
    host: hostname,
    port: Number(port),
    ca: bytes('certificate-authority-data'),
    cert: bytes('client-certificate-data'),
    key: bytes('client-key-data'),
  }
}
