import { connect, type Socket } from 'node:net'
import { messageOf } from '../contract/errors.ts'
import type { Endpoint } from '../contract/running-unit.ts'
import { ATTEMPT_TIMEOUT_MS, type ReadinessContext } from './probe-attempt.ts'

// Longer than a server takes to end a session that has just begun.
const CLOSE_TIMEOUT_MS = 1_000

/** The address of a probe's port as seen from this machine. `name` is the port's name; default: the main port. */
export async function endpointOf(context: ReadinessContext, name: string | undefined): Promise<Endpoint> {
  return await context.unit.endpoint(portOf(context, name), 'host')
}

/** The number of a port; default: the main port. */
export function portOf({ ports }: ReadinessContext, name: string | undefined): number {
  return (name === undefined ? Object.values(ports)[0] : ports[name]) ?? 0
}

/**
 * Opens a connection for one attempt, passes it to `use`, and always destroys the socket afterwards. Returns what `use`
 * passes to `done`: undefined for success, otherwise why the attempt failed. With `farewell` these bytes are sent, and
 * the server has a second to close the connection, while the caller goes on.
 */
export function dial(
  endpoint: Endpoint,
  { signal, attemptTimeoutMs = ATTEMPT_TIMEOUT_MS }: Pick<ReadinessContext, 'signal' | 'attemptTimeoutMs'>,
  use: (socket: Socket, done: (reason: string | undefined, farewell?: Buffer) => void) => void,
): Promise<string | undefined> {
  const address = `${endpoint.host}:${endpoint.port}`
  return new Promise((resolve) => {
    const socket = connect(endpoint)
    const timer = setTimeout(
      () => done(`${address} did not answer within ${attemptTimeoutMs / 1000} s`),
      attemptTimeoutMs,
    )
    const onAbort = (): void => done('aborted')
    signal.addEventListener('abort', onAbort, { once: true })
    function done(reason: string | undefined, farewell?: Buffer): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      if (farewell) closeAfter(socket, farewell)
      else socket.destroy()
      resolve(reason)
    }
    socket.setNoDelay(true)
    socket.on('error', (error: NodeJS.ErrnoException) =>
      done(error.code === 'ECONNREFUSED' ? `connection refused by ${address}` : `${address}: ${messageOf(error)}`),
    )
    socket.on('close', () => done(`${address} closed the connection`))
    socket.once('connect', () => use(socket, done))
  })
}

/** A connection that is cut could lose the bytes on their way. What the server still sends is read and dropped. */
function closeAfter(socket: Socket, farewell: Buffer): void {
  socket.removeAllListeners('data').removeAllListeners('close').removeAllListeners('end')
  socket.end(farewell)
  socket.resume().unref()
  setTimeout(() => socket.destroy(), CLOSE_TIMEOUT_MS).unref()
}
