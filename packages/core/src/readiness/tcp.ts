import { dial, endpointOf, portOf } from './dial.ts'
import type { ProbeAttempt } from './probe-attempt.ts'

// Milliseconds that a connection must live: a port proxy accepts, finds nobody behind, and closes.
const MIN_OPEN_MS = 30

/** Holds when a connection is accepted and stays open, or brings a greeting. */
export const tcp: ProbeAttempt<{ readonly kind: 'tcp'; readonly port?: string }> = async ({ port }, waiting) => {
  const { unit, signal } = waiting
  const endpoint = await endpointOf(waiting, port)
  if (unit.portProblem) return await unit.portProblem(portOf(waiting, port), signal)
  return await dial(endpoint, signal, (socket, done) => {
    const timer = setTimeout(() => done(undefined), MIN_OPEN_MS)
    socket.once('close', () => clearTimeout(timer))
    socket.once('data', () => done(undefined))
  })
}
