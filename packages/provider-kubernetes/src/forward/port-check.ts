import { isMoorageError, messageOf, type MoorageError } from '@moorage/core/provider'
import type { Client } from '../api/client.ts'
import { openTunnel, refused, type ForwardTarget } from './tunnel.ts'

// Milliseconds: a refusal follows the opening within one. On a busy node it takes longer, and so did the opening.
const REFUSED_WITHIN = 40
const OPENINGS = 3

/**
 * Whether somebody listens behind a port: undefined, or why not. A forward's local port accepts whoever comes, so an
 * accepted connection says nothing; the protocol has no positive word either, only a refusal.
 */
export async function portProblem(
  client: Client,
  target: ForwardTarget,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const since = performance.now()
    const tunnel = await openTunnel(client, target, signal)
    const patience = Math.max(REFUSED_WITHIN, OPENINGS * (performance.now() - since))
    const said = await new Promise<string | undefined>((done) => {
      const greeted = new Set<number>()
      const timer = setTimeout(done, patience, undefined)
      tunnel.on('message', (data: Buffer) => {
        const channel = data[0] ?? 0
        if (!greeted.has(channel)) return void greeted.add(channel)
        clearTimeout(timer)
        done(channel === 0 ? undefined : reasonOf(refused(target, data.toString('utf8', 1))))
      })
      tunnel.once('close', () => {
        clearTimeout(timer)
        done(`port ${target.port} closed the connection`)
      })
      tunnel.resume()
    })
    tunnel.terminate()
    return said
  } catch (error) {
    signal.throwIfAborted()
    return isMoorageError(error) ? reasonOf(error) : messageOf(error)
  }
}

/** As part of a sentence about the service. */
function reasonOf({ message }: MoorageError): string {
  return (message.split('\n')[0] ?? '').replace(/^services\.[^:]+: /, '').replace(/\.$/, '')
}
