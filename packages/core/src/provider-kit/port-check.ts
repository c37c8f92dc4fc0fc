import { connect } from 'node:net'
import type { Endpoint } from '../contract/provider.ts'

/** Why a port does not open within so many milliseconds: the code of its error, ETIMEDOUT for silence. Undefined when it does. */
export function portAnswers(
  { host, port }: Endpoint,
  within: number,
  signal?: AbortSignal,
): Promise<string | undefined> {
  return new Promise((done) => {
    const socket = connect({ host, port, ...(signal ? { signal } : {}) })
    const end = (code: string | undefined): void => {
      socket.destroy()
      done(code)
    }
    socket.setTimeout(within, () => end('ETIMEDOUT'))
    socket.once('connect', () => end(undefined))
    socket.on('error', ({ code = 'unknown' }: NodeJS.ErrnoException) => end(code))
  })
}
