import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { isMoorageError, messageOf } from '@moorage/core/provider'
import type { Credentials } from '../cluster/renewing-credentials.ts'
import { connectionLost, toProviderError } from '../errors.ts'
import type { WebSocket } from '../vendor/websocket.ts'
import { logRequest, logWebSocket } from './debug-calls.ts'
import { keepWebSocketAlive, TCP_KEEP_ALIVE_DELAY_MS } from './keep-alive.ts'
import { backoffMs, parseRetryAfter, retryDelayMs } from './retry-delay.ts'
import type { ApiRequest, ApiResponse } from './types.ts'

/** A connection to the API server as one user. */
export interface ApiClient {
  /**
   * Resolves with the answer, whatever its status. Retries when there is no answer, and after refusals that pass: 429,
   * 502, 503, 504, and 500 while etcd elects a leader.
   *
   * Throws MoorageError (PROVIDER_LOST) when no answer arrives within `retryTimeoutMs`, and (PROVIDER_UNAVAILABLE) when
   * the credentials cannot be obtained.
   */
  call(request: ApiRequest): Promise<ApiResponse>
  /** Opens a body that is read while it arrives: a log or a watch. Throws MoorageError for any status but 200. */
  stream(request: StreamRequest): Promise<IncomingMessage>
  /** Returns before the handshake; a refusal arrives as the event `unexpected-response`. */
  openWebSocket(path: string, protocol: string): Promise<WebSocket>
  /** Renews credentials that the API server has rejected (401). */
  refreshCredentials(): Promise<void>
  /** The listener receives a notice for each call that needed more than one attempt, including earlier ones. */
  onRetry(listener: (notice: string) => void): void
  /** The DNS names in the certificate of the API server; none before its first answer, or without TLS. */
  serverNames(): readonly string[]
  close(): void
}

/** What {@link ApiClient.stream} opens. */
export interface StreamRequest {
  readonly path: string
  readonly signal: AbortSignal
  /**
   * Milliseconds until the headers of the answer. Default: no limit, because the headers of a log that is followed
   * arrive with its first line.
   */
  readonly headersTimeoutMs?: number
}

// For one attempt.
const RESPONSE_TIMEOUT_MS = 15_000
// The API server calls admission webhooks before it answers, and each may take 30 s. Source: Kubernetes API reference,
// ValidatingWebhook, `timeoutSeconds`.
const CREATE_RESPONSE_TIMEOUT_MS = 35_000
// For all attempts at one call.
const DEFAULT_RETRY_TIMEOUT_MS = 20_000
const HANDSHAKE_TIMEOUT_MS = 10_000

export function createClient(credentials: Credentials): ApiClient {
  const { server } = credentials
  const base = new URL(server)
  const http = process.getBuiltinModule(base.protocol === 'http:' ? 'node:http' : 'node:https')
  const agent = new http.Agent({ keepAlive: true, keepAliveMsecs: TCP_KEEP_ALIVE_DELAY_MS })
  const prefix = base.pathname.replace(/\/$/, '')

  const send = async (
    request: ApiRequest,
    more: RequestOptions,
  ): Promise<{ sent: ClientRequest; response: Promise<IncomingMessage> }> => {
    const { headers, ...auth } = await credentials.requestOptions()
    const body = request.body === undefined ? undefined : JSON.stringify(request.body)
    const type = request.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
    const content = body === undefined ? {} : { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) }
    const options = {
      agent,
      ...auth,
      ...more,
      method: request.method,
      headers: { ...headers, ...content, Accept: 'application/json' },
    }
    const answered = Promise.withResolvers<IncomingMessage>()
    const sent = http.request(new URL(prefix + request.path, base), options, answered.resolve)
    sent.once('error', answered.reject)
    sent.end(body)
    return { sent, response: answered.promise }
  }

  let certificateNames: readonly string[] | undefined
  const callOnce = async (request: ApiRequest): Promise<ApiResponse> => {
    // Cached: a credential plugin has a limit of its own, which is longer than that of an answer.
    await credentials.requestOptions()
    const timeout = AbortSignal.timeout(request.method === 'POST' ? CREATE_RESPONSE_TIMEOUT_MS : RESPONSE_TIMEOUT_MS)
    const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout
    const { response } = await send(request, { signal })
    const message = await response
    certificateNames ??= namesInCertificate(message.socket)
    const date = Date.parse(message.headers.date ?? '')
    const retryAfterMs = parseRetryAfter(message.headers['retry-after'], date)
    return {
      status: message.statusCode ?? 0,
      body: parseBody(await readText(message)),
      ...(Number.isNaN(date) ? {} : { date }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    }
  }

  const openStream = async (
    request: ApiRequest,
    signal: AbortSignal,
    headersTimeoutMs: number | undefined,
  ): Promise<IncomingMessage> => {
    const late = new AbortController()
    let timer: NodeJS.Timeout | undefined
    try {
      const { response } = await send(request, { signal: AbortSignal.any([signal, late.signal]) })
      if (headersTimeoutMs !== undefined) timer = setTimeout(() => late.abort(), headersTimeoutMs)
      logRequest(
        request,
        response.then(({ statusCode = 0 }) => ({ status: statusCode })),
      )
      return await response
    } catch (error) {
      if (!late.signal.aborted || signal.aborted) throw error
      throw connectionLost(server, `no answer within ${Number(headersTimeoutMs) / 1_000} s`)
    } finally {
      clearTimeout(timer)
    }
  }

  const pendingNotices: string[] = []
  let notify = (notice: string): void => void pendingNotices.push(notice)
  const notifyRetries = ({ method, path }: ApiRequest, reasons: readonly string[]): void => {
    if (reasons.length)
      notify(
        `The Kubernetes API needed ${reasons.length + 1} attempts for ${method} ${path.split('?')[0]}: ${[...new Set(reasons)].join(', ')}.`,
      )
  }

  return {
    async call(request) {
      const deadline = performance.now() + (request.retryTimeoutMs ?? DEFAULT_RETRY_TIMEOUT_MS)
      const reasons: string[] = []
      for (let attempt = 0, refreshed = false; ; attempt++) {
        request.signal?.throwIfAborted()
        const calling = callOnce(request)
        logRequest(request, calling)
        const response = await calling.catch((error: unknown) => ({ error }))
        request.signal?.throwIfAborted()
        // The credentials are at fault, and not the connection: a retry would run their plugin again.
        if ('error' in response && isMoorageError(response.error)) throw response.error
        const leftMs = deadline - performance.now()
        if (!('error' in response)) {
          if (response.status === 401 && !refreshed) {
            refreshed = true
            await credentials.refresh()
            continue
          }
          const delayMs = retryDelayMs(response, attempt)
          if (delayMs === undefined || delayMs > leftMs) {
            notifyRetries(request, reasons)
            return response
          }
          reasons.push(`status ${response.status}`)
          await sleep(delayMs, undefined, request.signal ? { signal: request.signal } : {}).catch(() => {})
          continue
        }
        if (leftMs < 0 || isPermanent(response.error)) throw connectionLost(server, response.error)
        reasons.push((response.error as NodeJS.ErrnoException).code ?? messageOf(response.error))
        await sleep(backoffMs(attempt))
      }
    },
    async stream({ path, signal, headersTimeoutMs }) {
      const request = { method: 'GET' as const, path }
      for (let refreshed = false; ; refreshed = true) {
        const message = await openStream(request, signal, headersTimeoutMs)
        message.socket.setKeepAlive(true, TCP_KEEP_ALIVE_DELAY_MS)
        if (message.statusCode === 200) return message
        const body = parseBody(await readText(message))
        if (message.statusCode !== 401 || refreshed)
          throw toProviderError(request, { status: message.statusCode ?? 0, body })
        await credentials.refresh()
      }
    },
    async openWebSocket(path, protocol) {
      const { WebSocket } = await import('../vendor/websocket.ts')
      const auth = await credentials.requestOptions()
      const socket = new WebSocket(new URL(prefix + path, base).href.replace(/^http/, 'ws'), protocol, {
        ...(auth as object),
        perMessageDeflate: false,
        handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
        skipUTF8Validation: true,
      })
      keepWebSocketAlive(socket)
      logWebSocket(path, socket)
      return socket
    },
    refreshCredentials: () => credentials.refresh(),
    onRetry(listener) {
      notify = listener
      for (const notice of pendingNotices.splice(0)) notify(notice)
    },
    serverNames: () => certificateNames ?? [],
    close: () => agent.destroy(),
  }
}

// Node error codes that a retry does not change: an unknown host, an untrusted certificate.
const PERMANENT_ERROR_CODES = /^(ENOTFOUND|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/

function isPermanent(error: unknown): boolean {
  return PERMANENT_ERROR_CODES.test((error as NodeJS.ErrnoException).code ?? '')
}

/** The DNS names that a TLS certificate is for. */
function namesInCertificate(socket: Socket | TLSSocket): readonly string[] {
  if (!('getPeerCertificate' in socket)) return []
  const { subjectaltname = '' } = socket.getPeerCertificate() as { subjectaltname?: string }
  return [...subjectaltname.matchAll(/DNS:([^,\s]+)/g)].map(([, name = '']) => name)
}

/** The whole body as text. A character may be split between two chunks. */
export async function readText(message: IncomingMessage): Promise<string> {
  return await text(message)
}

/** The JSON in `text`; a body that is not JSON becomes the message of a `Status`. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { kind: 'Status', message: text.trim() }
  }
}
