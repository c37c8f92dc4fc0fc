import type { Socket } from 'node:net'
import type { MoorageError } from '@moorage/core/provider'
import type { WebSocket } from '../vendor/websocket.ts'
import { DATA_CHANNEL, forwardError, toChannelError, type ForwardTarget } from './tunnel.ts'

// The API server closes the connection at frames above 32 MiB, and small frames are slow.
const MAX_FRAME_BYTES = 64 * 1024
// Bound the memory of one connection: the local side is paused above the first, and resumed below the second.
const PAUSE_ABOVE_BYTES = 256 * 1024
const RESUME_BELOW_BYTES = 128 * 1024
// Time without a byte from the pod after a local FIN. No runtime passes a FIN through a port-forward (containerd,
// CRI-O), so the pod cannot close its side first.
const IDLE_AFTER_FIN_MS = 2_000

// WebSocket close codes. Source: RFC 6455, section 7.4.1.
const NORMAL_CLOSURE = 1_000
const NO_STATUS_RECEIVED = 1_005

/**
 * Copies bytes between a local connection and a tunnel in both directions, with backpressure. Resolves when both have
 * closed, with the error that ended them, if any. An error resets the local connection, so that a truncated transfer
 * never looks complete.
 */
export function copyBothWays(
  local: Socket,
  tunnel: WebSocket,
  target: ForwardTarget,
): Promise<MoorageError | undefined> {
  const done = Promise.withResolvers<MoorageError | undefined>()
  let firstError: MoorageError | undefined
  let idleTimer: NodeJS.Timeout | undefined
  let terminated = false
  const reset = (error: MoorageError): void => {
    firstError ??= error
    local.resetAndDestroy()
  }
  const restartIdleTimer = (): void => {
    clearTimeout(idleTimer)
    idleTimer = setTimeout(terminate, IDLE_AFTER_FIN_MS)
  }
  const terminate = (): void => {
    terminated = true
    tunnel.terminate()
  }

  const announced = new Set<number>()
  tunnel.on('message', (data: Buffer) => {
    const channel = data[0] ?? DATA_CHANNEL
    // The first message of each channel announces the port number.
    if (!announced.has(channel)) return void announced.add(channel)
    if (channel !== DATA_CHANNEL) return reset(toChannelError(target, data.toString('utf8', 1)))
    if (idleTimer) restartIdleTimer()
    if (!local.write(data.subarray(1))) tunnel.pause()
  })
  tunnel.once('close', (code: number) => {
    const unexpected = code !== NORMAL_CLOSURE && code !== NO_STATUS_RECEIVED && !terminated
    if (unexpected && !local.destroyed) reset(forwardError(target, `the connection broke off (code ${code})`))
    clearTimeout(idleTimer)
    if (local.destroyed) return done.resolve(firstError)
    local.end()
  })

  local.on('drain', () => tunnel.resume())
  local.on('data', (chunk: Buffer) => {
    for (let offset = 0; offset < chunk.length; offset += MAX_FRAME_BYTES) {
      tunnel.send(toFrame(chunk.subarray(offset, offset + MAX_FRAME_BYTES)), () => {
        if (tunnel.bufferedAmount <= RESUME_BELOW_BYTES) local.resume()
      })
    }
    if (tunnel.bufferedAmount > PAUSE_ABOVE_BYTES) local.pause()
  })
  local.once('end', () => {
    // Closing the tunnel here would cut off an answer that is still in transit.
    restartIdleTimer()
  })
  local.on('error', () => {})
  local.once('close', () => {
    clearTimeout(idleTimer)
    if (tunnel.readyState === tunnel.CLOSED) return done.resolve(firstError)
    tunnel.once('close', () => done.resolve(firstError))
    tunnel.terminate()
  })
  if (local.destroyed) local.emit('close')
  tunnel.resume()
  local.resume()
  return done.promise
}

function toFrame(data: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(data.length + 1)
  frame[0] = DATA_CHANNEL
  data.copy(frame, 1)
  return frame
}
