import { createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { isMoorageError, type MoorageError } from '@moorage/core/provider'
import type { Client, WebSocket } from '../api/client.ts'
import { openTunnel, passing, type ForwardTarget } from './tunnel.ts'
import { copyBothWays } from './copy.ts'

/** A port of this machine's loopback that leads to a pod's. */
export interface Forward {
  readonly port: number
  close(): Promise<void>
}

// At once, for all forwards of the process; from port-forward.md's design rules.
const MOST_DIALS = 32
// Milliseconds in which a dial is tried again. A stream is never resumed.
const TRIES = 3_000

/** Opens a port on 127.0.0.1 before the pod exists; each connection gets a tunnel of its own. */
export async function openForward(
  client: Client,
  target: ForwardTarget,
  failed: (error: MoorageError) => void,
): Promise<Forward> {
  const over = new AbortController()
  const open = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (local) => {
    open.add(local)
    local.on('error', () => {})
    local.once('close', () => open.delete(local))
    void carry(local)
  })
  const carry = async (local: Socket): Promise<void> => {
    try {
      const tunnel = await patientDial(client, target, over.signal)
      const fault = await copyBothWays(local, tunnel, target)
      if (fault) failed(fault)
    } catch (error) {
      local.resetAndDestroy()
      if (!over.signal.aborted && isMoorageError(error)) failed(error)
    }
  }
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, '127.0.0.1', done))
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      over.abort(new RangeError('the forward was closed'))
      const closed = new Promise<void>((done) => server.close(() => done()))
      for (const local of open) local.destroy()
      await closed
    },
  }
}

let dialling = 0
const queue: (() => void)[] = []

async function patientDial(client: Client, target: ForwardTarget, signal: AbortSignal): Promise<WebSocket> {
  if (dialling >= MOST_DIALS) await new Promise<void>((go) => queue.push(go))
  dialling++
  try {
    for (const until = performance.now() + TRIES, n = { tries: 0 }; ; n.tries++) {
      try {
        return await openTunnel(client, target, signal)
      } catch (error) {
        if (signal.aborted || !passing(error) || performance.now() > until) throw error
        await sleep(Math.min(500, 25 * 2 ** n.tries), undefined, { signal })
      }
    }
  } finally {
    dialling--
    queue.shift()?.()
  }
}
