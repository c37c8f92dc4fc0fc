import type { Socket } from 'node:net'
import type { MoorageError } from '@moorage/core/provider'
import type { WebSocket } from '../vendor/websocket.ts'
import { TerminateDetector } from './detect-postgres-terminate.ts'
import { DATA_CHANNEL, forwardError, toChannelError, type ForwardTarget } from './tunnel.ts'

// The API server closes the connection at frames above 32 MiB, and small frames are slow.
const MAX_FRAME_BYTES = 64 * 1024
// Bound the memory of one connection: the local side is paused above the first, and resumed below the second.
const PAUSE_ABOVE_BYTES = 256 * 1024
const RESUME_BELOW_BYTES = 128 * 1024
const DEFAULT_IDLE_AFTER_END_MS = 5_000
// Where the pod had the last word, most servers would close at once if they saw the client's end.
const MAX_IDLE_AFTER_LAST_WORD_MS = 1_000

// RFC 6455, section 7.4.1. Any other code may stand for a connection that was cut.
const NORMAL_CLOSURE = 1_000

/**
 * Copies bytes between a local connection and a tunnel in both directions, with backpressure. Resolves when both have
 * closed, with the error that ended them, if any. Only the pod's own close, or a client's end after the pod's last
 * word, ends the local connection in an orderly way; everything else resets it, so that a truncated transfer never
 * looks complete.
 *
 * No runtime passes a FIN through a port-forward (containerd, CRI-O), so the pod does not learn that the local side has
 * ended. The tunnel stays open for its answer, until the pod has sent nothing for `target.idleAfterEndMs`. A client
 * that ends after the pod's last word waits a second at most.
 */
export function copyBothWays(
  local: Socket,
  tunnel: WebSocket,
  target: ForwardTarget,
): Promise<MoorageError | undefined> {
  const { idleAfterEndMs = DEFAULT_IDLE_AFTER_END_MS } = target
  const done = Promise.withResolvers<MoorageError | undefined>()
  const terminate = new TerminateDetector()
  let firstError: MoorageError | undefined
  let idleTimer: NodeJS.Timeout | undefined
  let ended = false
  let answerPending = false
  let terminated = false
  const reset = (error?: MoorageError): void => {
    firstError ??= error
    local.resetAndDestroy()
  }
  // In two halves: after a stop of this process the first is over at once, before what has arrived meanwhile is read.
  const restartIdleTimer = (): void => {
    const ms = answerPending ? idleAfterEndMs : Math.min(idleAfterEndMs, MAX_IDLE_AFTER_LAST_WORD_MS)
    clearTimeout(idleTimer)
    idleTimer = setTimeout(() => (idleTimer = setTimeout(onIdle, ms / 2)), ms / 2)
  }
  const onIdle = (): void => {
    // The pod is not silent while this side does not take its bytes, or while it still has bytes to take.
    if (tunnel.isPaused || local.writableLength > 0 || tunnel.bufferedAmount > 0) return restartIdleTimer()
    if (!answerPending) return closeTunnel()
    reset(
      forwardError(
        target,
        'the client has ended its side, and the pod has neither closed the connection nor sent ' +
          `anything for ${idleAfterEndMs / 1_000} s`,
      ),
    )
  }
  const closeTunnel = (): void => {
    terminated = true
    local.end()
    tunnel.close()
  }

  const announced = new Set<number>()
  tunnel.on('message', (data: Buffer) => {
    const channel = data[0] ?? DATA_CHANNEL
    // The first message of each channel announces the port number.
    if (!announced.has(channel)) return void announced.add(channel)
    if (channel !== DATA_CHANNEL) return reset(toChannelError(target, data.toString('utf8', 1)))
    const bytes = data.subarray(1)
    terminate.onPodBytes(bytes)
    answerPending = ended
    if (ended) restartIdleTimer()
    if (!local.write(bytes)) tunnel.pause()
  })
  tunnel.once('close', (code: number) => {
    const unexpected = code !== NORMAL_CLOSURE && !terminated
    if (unexpected && !local.destroyed) reset(forwardError(target, `the connection was interrupted (code ${code})`))
    clearTimeout(idleTimer)
    if (local.destroyed) return done.resolve(firstError)
    local.end()
    // What the client sends from now on has no receiver; the handler of its bytes answers with a reset.
    local.resume()
  })

  local.on('drain', () => tunnel.resume())
  local.on('data', (chunk: Buffer) => {
    if (tunnel.readyState !== tunnel.OPEN) return reset()
    terminate.onClientBytes(chunk)
    answerPending = true
    for (let offset = 0; offset < chunk.length; offset += MAX_FRAME_BYTES) {
      tunnel.send(toFrame(chunk.subarray(offset, offset + MAX_FRAME_BYTES)), () => {
        if (tunnel.bufferedAmount <= RESUME_BELOW_BYTES) local.resume()
      })
    }
    if (tunnel.bufferedAmount > PAUSE_ABOVE_BYTES) local.pause()
  })
  local.once('end', () => {
    ended = true
    if (!terminate.seen) return restartIdleTimer()
    // The pod answers nothing more. Its own close arrives a second late, because the runtime waits for both directions.
    closeTunnel()
  })
  local.on('error', () => {})
  local.once('close', () => {
    clearTimeout(idleTimer)
    if (tunnel.readyState === tunnel.CLOSED) return done.resolve(firstError)
    tunnel.once('close', () => done.resolve(firstError))
    terminated = true
    // An orderly close in progress delivers what is still unsent.
    if (tunnel.readyState === tunnel.OPEN) tunnel.terminate()
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
