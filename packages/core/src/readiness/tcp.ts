import { dial, endpointOf, portOf } from './dial.ts'
import type { ProbeAttempt } from './probe-attempt.ts'

// A port proxy accepts a connection, finds that nothing listens behind it, and closes the connection.
const MIN_OPEN_MS = 30

/** Succeeds when a connection is accepted and stays open, or when a greeting arrives. */
export const tcp: ProbeAttempt<{ readonly kind: 'tcp'; readonly port?: string }> = async ({ port }, context) => {
  const { unit, signal } = context
  const endpoint = await endpointOf(context, port)
  if (unit.portProblem) return await unit.portProblem(portOf(context, port), signal)
  return await dial(endpoint, context, (socket, done) => {
    const timer = setTimeout(() => done(undefined), MIN_OPEN_MS)
    socket.once('close', () => clearTimeout(timer))
    socket.once('data', () => done(undefined))
  })
}
