import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMoorageError, MoorageError } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import type { WebSocket } from '../vendor/websocket.ts'
import { copyBothWays } from './pipe-connection.ts'
import { isTransient, openTunnel, type ForwardTarget } from './tunnel.ts'

/** A port on this machine's loopback that leads to a port of a pod. */
export interface Forward {
  /** The local port. */
  readonly port: number
  /** Closes the port and all its connections. */
  close(): Promise<void>
}

/** A port of this machine that the config fixes. */
export interface FixedPort {
  /** The name of the port in the config. */
  readonly name: string
  readonly localPort: number
}

// For one port of one pod: a pod that cannot be reached must not hold up the connections to others.
const MAX_CONCURRENT_DIALS = 32
const DIAL_RETRY_MS = 3_000
const FIRST_BACKOFF_MS = 25
const MAX_BACKOFF_MS = 500

/**
 * Opens a port on 127.0.0.1; the pod need not exist yet. Each connection gets its own tunnel, and `onError` receives
 * the error that ended a connection.
 *
 * Throws MoorageError (PORT_IN_USE) when another program listens on the fixed port.
 */
export async function openForward(
  client: ApiClient,
  target: ForwardTarget & { readonly fixedPort?: FixedPort },
  onError: (error: MoorageError) => void,
): Promise<Forward> {
  const closed = new AbortController()
  const connections = new Set<Socket>()
  const slots = new DialSlots()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (local) => {
    connections.add(local)
    local.on('error', () => {})
    local.once('close', () => connections.delete(local))
    void forwardConnection(local)
  })
  const forwardConnection = async (local: Socket): Promise<void> => {
    try {
      const tunnel = await dialWithRetry((signal) => slots.run(() => openTunnel(client, target, signal)), closed.signal)
      const error = await copyBothWays(local, tunnel, target)
      if (error) onError(error)
    } catch (error) {
      local.resetAndDestroy()
      if (!closed.signal.aborted && isMoorageError(error)) onError(error)
    }
  }
  const { fixedPort, service } = target
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => reject(toListenError(error, service, fixedPort))
    server.once('error', onError).listen(fixedPort?.localPort ?? 0, '127.0.0.1', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      closed.abort(new RangeError('the forward was closed'))
      const serverClosed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const local of connections) local.destroy()
      await serverClosed
    },
  }
}

function toListenError(
  error: NodeJS.ErrnoException,
  service: string,
  fixedPort: FixedPort | undefined,
): NodeJS.ErrnoException | MoorageError {
  if (!fixedPort) return error
  const { name, localPort } = fixedPort
  const key = `services.${service}.hostPorts.${name}`
  if (error.code === 'EADDRINUSE')
    return new MoorageError('PORT_IN_USE', `${key}: another program uses port ${localPort} of this machine.`, {
      service,
      provider: 'kubernetes',
      phase: 'admit',
      hint: 'Stop that program, set another port, or omit the port to get a free one.',
      cause: error,
    })
  return new MoorageError('START_FAILED', `${key}: port ${localPort} cannot be opened: ${error.message}.`, {
    service,
    provider: 'kubernetes',
    phase: 'admit',
    hint: 'Set a port above 1023, or omit the port to get a free one.',
    cause: error,
  })
}

/** Limits concurrent dials. A dial holds its slot for one attempt, and not while it waits for the next one. */
class DialSlots {
  #active = 0
  readonly #waiting: (() => void)[] = []

  async run<T>(dial: () => Promise<T>): Promise<T> {
    if (this.#active >= MAX_CONCURRENT_DIALS) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#active++
    try {
      return await dial()
    } finally {
      this.#active--
      this.#waiting.shift()?.()
    }
  }
}

/** Retries transient failures for 3 s. Only the dial is retried: a stream that has begun is never resumed. */
async function dialWithRetry(
  dial: (signal: AbortSignal) => Promise<WebSocket>,
  signal: AbortSignal,
): Promise<WebSocket> {
  for (let deadline = performance.now() + DIAL_RETRY_MS, attempt = 0; ; attempt++) {
    try {
      return await dial(signal)
    } catch (error) {
      if (signal.aborted || !isTransient(error) || performance.now() > deadline) throw error
      await sleep(Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** attempt), undefined, { signal })
    }
  }
}
