import { connect } from 'node:net'
import type { Endpoint } from '../contract/unit.ts'

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
