import { debugLog, elapsedMs, messageOf } from '@moorage/core/provider'
import type { WebSocket } from '../vendor/websocket.ts'
import type { ApiRequest, Status } from './types.ts'

interface Outcome {
  readonly status: number
  /** Absent for a body that is read while it arrives. */
  readonly body?: unknown
}

/** Logs a request, when the debug log is on: the method, the path and the outcome, and never a body. */
export function logRequest({ method, path }: ApiRequest, outcome: Promise<Outcome>): void {
  const log = debugLog('kubernetes')
  // The caller handles the failure of the call, but not that of a promise derived for the log.
  if (!log) return void outcome.catch(() => {})
  const since = performance.now()
  outcome.then(
    ({ status, body }) => {
      const failure = status >= 400 ? { error: (body as Partial<Status> | undefined)?.message } : {}
      log('call', { method, path, status, ms: elapsedMs(since), ...failure })
    },
    (error: unknown) => log('call', { method, path, ms: elapsedMs(since), error: messageOf(error) }),
  )
}

/** Logs the handshake, the errors and the end of a WebSocket. Forwards have an area of their own. */
export function logWebSocket(path: string, socket: WebSocket): void {
  const log = debugLog(path.includes('/portforward') ? 'forward' : 'kubernetes')
  if (!log) return
  const since = performance.now()
  const ended = (event: string, fields: { readonly [name: string]: string | number | undefined } = {}): void =>
    log(event, { path, ms: elapsedMs(since), ...fields })
  socket.once('open', () => ended('websocket open'))
  socket.once('error', (error) => ended('websocket error', { error: error.message }))
  socket.once('close', (code) => ended('websocket close', { code }))
  // `ws` fails a refused handshake by itself only where nothing listens for this event: the callers do.
  socket.once('unexpected-response', (_, response) => ended('websocket refused', { status: response.statusCode }))
}
