import { isMoorageError, messageOf, type MoorageError } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import { DATA_CHANNEL, openTunnel, toChannelError, type ForwardTarget } from './tunnel.ts'

// A refusal arrives within a millisecond of the handshake. On a busy node both take longer, so the wait also grows with
// the duration of the handshake.
const MIN_REFUSAL_WAIT_MS = 40
const HANDSHAKES_PER_REFUSAL_WAIT = 3

/**
 * Why no process listens behind a port of a pod; undefined when one does. A forward's local port accepts every
 * connection, so only the tunnel knows; and the protocol confirms nothing, so silence counts as a listener.
 *
 * Throws only the reason of the signal.
 */
export async function findForwardProblem(
  client: ApiClient,
  target: ForwardTarget,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const startedAt = performance.now()
    const tunnel = await openTunnel(client, target, signal)
    const handshakeMs = performance.now() - startedAt
    const waitMs = Math.max(MIN_REFUSAL_WAIT_MS, HANDSHAKES_PER_REFUSAL_WAIT * handshakeMs)
    const problem = await new Promise<string | undefined>((resolve) => {
      const announced = new Set<number>()
      const timer = setTimeout(resolve, waitMs, undefined)
      tunnel.on('message', (data: Buffer) => {
        const channel = data[0] ?? DATA_CHANNEL
        // The first message of each channel announces the port number.
        if (!announced.has(channel)) return void announced.add(channel)
        clearTimeout(timer)
        const refused = channel !== DATA_CHANNEL
        resolve(refused ? toClause(toChannelError(target, data.toString('utf8', 1))) : undefined)
      })
      tunnel.once('close', () => {
        clearTimeout(timer)
        resolve(`port ${target.port} closed the connection`)
      })
      tunnel.resume()
    })
    tunnel.terminate()
    return problem
  } catch (error) {
    signal.throwIfAborted()
    return isMoorageError(error) ? toClause(error) : messageOf(error)
  }
}

/** An error's first line as part of a sentence about its service. */
function toClause({ message }: MoorageError): string {
  return (message.split('\n')[0] ?? '').replace(/^services\.[^:]+: /, '').replace(/\.$/, '')
}
