import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { createClient, type ApiClient } from '../../packages/provider-kubernetes/src/api/client.ts'
import type { Credentials } from '../../packages/provider-kubernetes/src/cluster/renewing-credentials.ts'
import type { WebSocket } from '../../packages/provider-kubernetes/src/vendor/websocket.ts'

interface WebSocketServer {
  handleUpgrade(request: IncomingMessage, socket: unknown, head: Buffer, done: (socket: WebSocket) => void): void
}
type WebSocketServerConstructor = new (options: { noServer: true; autoPong?: boolean }) => WebSocketServer

const { WebSocketServer } = createRequire(new URL('../../packages/provider-kubernetes/package.json', import.meta.url))(
  'ws',
) as { WebSocketServer: WebSocketServerConstructor }

export interface StandIn {
  readonly client: ApiClient
  readonly requests: readonly { readonly method: string; readonly path: string; readonly at: number }[]
  readonly refreshes: () => number
  close(): Promise<void>
}

export interface StandInOptions {
  /** Answers a request. Default: status 404. */
  answer?(request: IncomingMessage, response: ServerResponse): void
  /** Takes a WebSocket after its handshake. */
  accept?(socket: WebSocket, request: IncomingMessage): void
  /** The status that refuses a handshake, if any; 0 leaves it without an answer. */
  refuse?(request: IncomingMessage): number | undefined
  /** Default: true. */
  readonly autoPong?: boolean
}

/** STAND-IN for an API server, for what no real one does on demand: refusals, delays, cut connections. */
export async function startStandIn({ answer, accept, refuse, autoPong = true }: StandInOptions): Promise<StandIn> {
  const requests: { method: string; path: string; at: number }[] = []
  const webSockets = new WebSocketServer({ noServer: true, autoPong })
  const note = ({ method = '', url = '' }: IncomingMessage): void =>
    void requests.push({ method, path: url, at: performance.now() })
  const server = createServer((request, response) => {
    note(request)
    if (answer) answer(request, response)
    else response.writeHead(404).end()
  })
  const upgraded: Duplex[] = []
  server.on('upgrade', (request, socket, head) => {
    note(request)
    upgraded.push(socket)
    socket.on('error', () => {})
    const status = refuse?.(request)
    if (status === undefined) return webSockets.handleUpgrade(request, socket, head, (ws) => accept?.(ws, request))
    if (status) socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  let refreshes = 0
  const credentials: Credentials = {
    server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    context: 'stand-in',
    user: 'somebody',
    namespace: 'n',
    inCluster: false,
    requestOptions: () => Promise.resolve({}),
    onNotice: () => {},
    refresh: () => Promise.resolve(void refreshes++),
  }
  const client = createClient(credentials)
  return {
    client,
    requests,
    refreshes: () => refreshes,
    async close() {
      client.close()
      server.closeAllConnections()
      for (const socket of upgraded) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Sends a body as JSON. */
export function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}
