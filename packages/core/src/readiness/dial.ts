import { connect, type Socket } from 'node:net'
import { messageOf } from '../contract/errors.ts'
import type { Endpoint } from '../contract/provider.ts'
import { ATTEMPT_TIMEOUT_MS, type ReadinessContext } from './probe-attempt.ts'

/** Where a probe's port is reached from this machine. */
export async function endpointOf(waiting: ReadinessContext, name: string | undefined): Promise<Endpoint> {
  return await waiting.unit.endpoint(portOf(waiting, name), 'host')
}

export function portOf({ ports }: ReadinessContext, name: string | undefined): number {
  return (name === undefined ? Object.values(ports)[0] : ports[name]) ?? 0
}

/**
 * Opens a connection for one try and gives it to `use`; whatever happens, the socket is gone afterwards. Gives
 * undefined when `use` settled with undefined, else why not.
 */
export function dial(
  endpoint: Endpoint,
  signal: AbortSignal,
  use: (socket: Socket, done: (reason: string | undefined) => void) => void,
): Promise<string | undefined> {
  const place = `${endpoint.host}:${endpoint.port}`
  return new Promise((resolve) => {
    const socket = connect(endpoint)
    const timer = setTimeout(
      () => done(`${place} did not answer within ${ATTEMPT_TIMEOUT_MS / 1000} s`),
      ATTEMPT_TIMEOUT_MS,
    )
    const onAbort = (): void => done('aborted')
    signal.addEventListener('abort', onAbort, { once: true })
    function done(reason: string | undefined): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      socket.destroy()
      resolve(reason)
    }
    socket.setNoDelay(true)
    socket.on('error', (error: NodeJS.ErrnoException) =>
      done(error.code === 'ECONNREFUSED' ? `connection refused by ${place}` : `${place}: ${messageOf(error)}`),
    )
    socket.on('close', () => done(`${place} closed the connection`))
    socket.once('connect', () => use(socket, done))
  })
}
