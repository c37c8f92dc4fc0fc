import { dial, endpointOf, portOf } from './dial.ts'
import type { Try } from './probe-attempt.ts'

// Milliseconds that a connection must live: a port proxy accepts, finds nobody behind, and closes.
const LIVES = 30

/** Holds when a connection is accepted and stays open, or brings a greeting. */
export const tcp: Try<{ readonly kind: 'tcp'; readonly port?: string }> = async ({ port }, waiting) => {
  const { unit, signal } = waiting
  const endpoint = await endpointOf(waiting, port)
  if (unit.listens) return await unit.listens(portOf(waiting, port), signal)
  return await dial(endpoint, signal, (socket, done) => {
    const timer = setTimeout(() => done(undefined), LIVES)
    socket.once('close', () => clearTimeout(timer))
    socket.once('data', () => done(undefined))
  })
}
