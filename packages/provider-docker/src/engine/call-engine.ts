import { debugLog, elapsedMs, messageOf, type DebugLog } from '@moorage/core/provider'
import type { EngineTarget } from './engine-request-options.ts'

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly signal?: AbortSignal
  /** Called when the request is sent, and also when it fails before that. */
  readonly onSent?: () => void
}

export interface EngineResponse {
  readonly status: number
  readonly text: string
}

/** Calls one engine. */
export type CallEngine = (request: EngineRequest) => Promise<EngineResponse>

/** One call of the engine's API without the SDK, for calls that must not wait until the SDK is loaded. */
export function callEngine(target: EngineTarget | undefined, request: EngineRequest): Promise<EngineResponse> {
  const response = sendRequest(target, request)
  const log = debugLog('docker')
  if (log) logResponse(log, request, response)
  return response
}

function logResponse(log: DebugLog, { method, path }: EngineRequest, response: Promise<EngineResponse>): void {
  const since = performance.now()
  response.then(
    ({ status, text }) =>
      log('call', {
        method,
        path,
        status,
        ms: elapsedMs(since),
        ...(status >= 400 ? { error: readMessage(text) } : {}),
      }),
    (error: unknown) => log('call', { method, path, ms: elapsedMs(since), error: messageOf(error) }),
  )
}

function sendRequest(target: EngineTarget | undefined, request: EngineRequest): Promise<EngineResponse> {
  const { method, path, body, signal, onSent } = request
  if (!target) return Promise.reject(new RangeError('an address of this kind is not supported'))
  const { protocol, ...options } = target
  const http = process.getBuiltinModule(protocol === 'https' ? 'node:https' : 'node:http')
  const headers = body === undefined ? {} : { 'Content-Type': 'application/json' }
  return new Promise((resolve, reject) => {
    const sent = http.request(
      { ...options, method, path, headers, agent: false, ...(signal ? { signal } : {}) },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => (text += part))
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.once('error', reject)
      },
    )
    sent
      .once('error', reject)
      .once('close', () => onSent?.())
      .once('finish', () => onSent?.())
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

/** Throws unless the engine answers with success or with one of the given statuses. */
export async function expectSuccess(
  response: Promise<EngineResponse>,
  ...acceptedStatuses: readonly number[]
): Promise<EngineResponse> {
  const { status, text } = await response
  if (status < 300 || acceptedStatuses.includes(status)) return { status, text }
  throw new RangeError(`(HTTP code ${status}) ${readMessage(text)}`)
}

function readMessage(text: string): string {
  try {
    return (JSON.parse(text) as { message: string }).message
  } catch {
    return text.trim()
  }
}
