import type { Socket } from 'node:net'
import type { MoorageError } from '@moorage/core/provider'
import type { WebSocket } from '../api/client.ts'
import { failure, refused, type ForwardTarget } from './tunnel.ts'

// Bytes. Frames above 32 MiB end the connection, and small ones are slow; the window bounds what waits in memory.
const FRAME = 64 * 1024
const STOP_READING = 256 * 1024
const READ_AGAIN = 128 * 1024
// Milliseconds without a byte from the pod after a local FIN: no port-forward passes a FIN on (containerd, CRI-O).
const AFTER_FIN = 2_000

const DATA = 0
const NORMAL = 1_000

/**
 * Joins a local connection with a tunnel, both ways with backpressure. Resolves when both have ended: with the error
 * that ended them, if there was one. The local side is told by a reset, so that no broken transfer looks complete.
 */
export function copyBothWays(
  local: Socket,
  tunnel: WebSocket,
  target: ForwardTarget,
): Promise<MoorageError | undefined> {
  const done = Promise.withResolvers<MoorageError | undefined>()
  let fault: MoorageError | undefined
  let lull: NodeJS.Timeout | undefined
  let given = false
  const reset = (error: MoorageError): void => {
    fault ??= error
    local.resetAndDestroy()
  }
  const wait = (): void => {
    clearTimeout(lull)
    lull = setTimeout(giveUp, AFTER_FIN)
  }
  const giveUp = (): void => {
    given = true
    tunnel.terminate()
  }

  const greeted = new Set<number>()
  tunnel.on('message', (data: Buffer) => {
    const channel = data[0] ?? DATA
    // The first message of each channel names the port.
    if (!greeted.has(channel)) return void greeted.add(channel)
    if (channel !== DATA) return reset(refused(target, data.toString('utf8', 1)))
    if (lull) wait()
    if (!local.write(data.subarray(1))) tunnel.pause()
  })
  tunnel.once('close', (code: number) => {
    if (code !== NORMAL && code !== 1_005 && !local.destroyed && !given)
      reset(failure(target, `the connection broke off (${code})`))
    clearTimeout(lull)
    if (local.destroyed) return done.resolve(fault)
    local.end()
  })

  local.on('drain', () => tunnel.resume())
  local.on('data', (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; at += FRAME) {
      const part = chunk.subarray(at, at + FRAME)
      const frame = Buffer.allocUnsafe(part.length + 1)
      frame[0] = DATA
      part.copy(frame, 1)
      tunnel.send(frame, () => {
        if (tunnel.bufferedAmount <= READ_AGAIN) local.resume()
      })
    }
    if (tunnel.bufferedAmount > STOP_READING) local.pause()
  })
  local.once('end', () => {
    // Not passed on: a close here would cut off an answer that is still under way.
    wait()
  })
  local.on('error', () => {})
  local.once('close', () => {
    clearTimeout(lull)
    if (tunnel.readyState === tunnel.CLOSED) return done.resolve(fault)
    tunnel.once('close', () => done.resolve(fault))
    tunnel.terminate()
  })
  if (local.destroyed) local.emit('close')
  tunnel.resume()
  local.resume()
  return done.promise
}
