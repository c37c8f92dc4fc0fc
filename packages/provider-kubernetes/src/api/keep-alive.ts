import type { IncomingMessage } from 'node:http'
import type { WebSocket } from '../vendor/websocket.ts'

/** Time without traffic after which TCP asks whether the other side is still there. */
export const TCP_KEEP_ALIVE_DELAY_MS = 15_000

/** Limits of {@link keepWebSocketAlive}, in milliseconds. */
export interface KeepAliveLimits {
  readonly pingIntervalMs: number
  readonly deadAfterMs: number
}

// Load balancers and proxies close connections without traffic after 60 s and more; kubectl pings every 10 s.
const DEFAULT_LIMITS: KeepAliveLimits = { pingIntervalMs: 15_000, deadAfterMs: 60_000 }

// A pod that does not read takes this much all the same: the buffers of its connection are larger.
const MAX_UNCONFIRMED_BYTES = 64 * 1024

/**
 * Keeps an idle WebSocket from being closed by what is between this machine and the API server, and terminates it when
 * nothing has arrived for `deadAfterMs` although pings were sent.
 *
 * Silence proves nothing while this side has paused the socket. It proves nothing either while much data waits for a
 * pod that does not read, because the API server then does not read pings. TCP keep-alive covers both.
 */
export function keepWebSocketAlive(socket: WebSocket, limits: KeepAliveLimits = DEFAULT_LIMITS): void {
  socket.once('upgrade', ({ socket: connection }: IncomingMessage) => {
    connection.setKeepAlive(true, TCP_KEEP_ALIVE_DELAY_MS)
    let lastReceivedAt = performance.now()
    let confirmedBytes = connection.bytesWritten
    const received = (): void => {
      lastReceivedAt = performance.now()
    }
    socket.on('message', received)
    socket.on('pong', () => {
      received()
      confirmedBytes = connection.bytesWritten
    })
    const timer = setInterval(() => {
      if (socket.readyState !== socket.OPEN) return
      if (socket.isPaused || connection.bytesWritten - confirmedBytes > MAX_UNCONFIRMED_BYTES) received()
      if (performance.now() - lastReceivedAt >= limits.deadAfterMs) socket.terminate()
      else socket.ping()
    }, limits.pingIntervalMs).unref()
    socket.once('close', () => clearInterval(timer))
  })
}
