import { connect } from 'node:net'
import type { Endpoint } from '../contract/running-unit.ts'

/**
 * Opens a TCP connection and closes it. Returns undefined on success, otherwise the code of the error: ETIMEDOUT if no
 * connection is made within `timeoutMs` milliseconds.
 */
export function portAnswers(
  { host, port }: Endpoint,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  return new Promise((done) => {
    const socket = connect({ host, port, ...(signal ? { signal } : {}) })
    const end = (code: string | undefined): void => {
      socket.destroy()
      done(code)
    }
    socket.setTimeout(timeoutMs, () => end('ETIMEDOUT'))
    socket.once('connect', () => end(undefined))
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => end(code))
  })
}

// A reachable container on this machine answers within 1 ms.
const CONTAINER_TIMEOUT_MS = 300

/** Why nothing answers at a port of a container, by the container's own address; undefined when something does. */
export async function containerPortProblem(
  host: string | undefined,
  port: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  // Without a host, the connection would go to this machine.
  if (!host) return 'the container no longer has an address'
  const errorCode = await portAnswers({ host, port }, CONTAINER_TIMEOUT_MS, signal)
  if (errorCode === undefined) return undefined
  if (errorCode === 'ECONNREFUSED') return `nothing listens on port ${port} in the container`
  return errorCode === 'ETIMEDOUT'
    ? `port ${port} of the container did not answer within ${CONTAINER_TIMEOUT_MS} ms`
    : `port ${port} of the container: ${errorCode}`
}
