import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { Duplex } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '@moorage/core/provider'
import type { WebSocket } from '../vendor/websocket.ts'
import type { Status } from './types.ts'
import { apiError, lost } from '../errors.ts'
import type { Credentials } from '../cluster/credentials.ts'

export type { WebSocket } from '../vendor/websocket.ts'

export interface Request {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: object
  readonly signal?: AbortSignal
  /** Milliseconds in which it is tried again when nobody answers. Default: 20 s. */
  readonly patience?: number
}

export interface Answer {
  readonly status: number
  readonly body: unknown
  /** The API server's clock, in milliseconds since the epoch. */
  readonly date?: number
}

/** The API server, as one user. */
export interface Client {
  /** Gives whatever status there is; throws PROVIDER_LOST when no answer is to be had in time. */
  call(request: Request): Promise<Answer>
  /** A body that is read as it comes: logs, watches. Throws for any status but 200. */
  stream(path: string, signal: AbortSignal): Promise<IncomingMessage>
  /** Not open yet: its refusal is an `unexpected-response`. */
  socket(path: string, protocol: string): Promise<WebSocket>
  /** Told, from the first one on, which calls were answered only when they were made again, and why. */
  onRetry(onProgress: (text: string) => void): void
  close(): void
}

// Milliseconds: for one answer, and for all tries at one call together.
const ANSWER = 15_000
const PATIENCE = 20_000
// Milliseconds of a handshake, from port-forward.md's design rules.
const HANDSHAKE = 10_000
const KEEP_ALIVE = 15_000

export function connectTo(credentials: Credentials): Client {
  const { server } = credentials
  const base = new URL(server)
  const http = process.getBuiltinModule(base.protocol === 'http:' ? 'node:http' : 'node:https')
  const agent = new http.Agent({ keepAlive: true, keepAliveMsecs: KEEP_ALIVE })
  const prefix = base.pathname.replace(/\/$/, '')

  const open = async (
    request: Request,
    more: RequestOptions,
  ): Promise<{ sent: ClientRequest; response: Promise<IncomingMessage> }> => {
    const { headers, ...auth } = await credentials.forRequest()
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

  const once = async (request: Request): Promise<Answer> => {
    const limit = AbortSignal.timeout(ANSWER)
    const signal = request.signal ? AbortSignal.any([request.signal, limit]) : limit
    const { response } = await open(request, { signal })
    const message = await response
    const date = Date.parse(message.headers.date ?? '')
    return {
      status: message.statusCode ?? 0,
      body: parse(await textOf(message)),
      ...(Number.isNaN(date) ? {} : { date }),
    }
  }

  const untold: string[] = []
  let onProgress = (text: string): void => void untold.push(text)
  const tellRetries = ({ method, path }: Request, reasons: readonly string[]): void => {
    if (reasons.length)
      onProgress(
        `The Kubernetes API was asked ${reasons.length + 1} times for ${method} ${path.split('?')[0]}: ${[...new Set(reasons)].join(', ')}.`,
      )
  }

  return {
    async call(request) {
      const until = performance.now() + (request.patience ?? PATIENCE)
      const reasons: string[] = []
      for (let n = 0, renewed = false; ; n++) {
        request.signal?.throwIfAborted()
        const answer = await once(request).catch((error: unknown) => ({ error }))
        request.signal?.throwIfAborted()
        const late = performance.now() > until
        if (!('error' in answer)) {
          if (answer.status === 401 && !renewed) {
            renewed = true
            await credentials.renew()
            continue
          }
          const pause = late ? undefined : busy(answer)
          if (pause === undefined) {
            tellRetries(request, reasons)
            return answer
          }
          reasons.push(`status ${answer.status}`)
          await sleep(pause, undefined, request.signal ? { signal: request.signal } : {}).catch(() => {})
          continue
        }
        // An address that nobody has, or a certificate that nobody trusts, does not get better.
        if (late || hopeless(answer.error)) throw lost(server, answer.error)
        reasons.push((answer.error as NodeJS.ErrnoException).code ?? messageOf(answer.error))
        await sleep(Math.min(1_000, 50 * 2 ** n) * (0.5 + Math.random() / 2))
      }
    },
    async stream(path, signal) {
      const { response } = await open({ method: 'GET', path }, { signal })
      const message = await response
      message.socket.setKeepAlive(true, KEEP_ALIVE)
      if (message.statusCode === 200) return message
      throw apiError({ method: 'GET', path }, { status: message.statusCode ?? 0, body: parse(await textOf(message)) })
    },
    async socket(path, protocol) {
      const { WebSocket } = await import('../vendor/websocket.ts')
      const auth = await credentials.forRequest()
      return new WebSocket(new URL(prefix + path, base).href.replace(/^http/, 'ws'), protocol, {
        ...(auth as object),
        perMessageDeflate: false,
        handshakeTimeout: HANDSHAKE,
        skipUTF8Validation: true,
      })
    },
    onRetry(listener) {
      onProgress = listener
      for (const text of untold.splice(0)) onProgress(text)
    },
    close: () => agent.destroy(),
  }
}

/** Milliseconds to wait where the server asks for it: priority and fairness, or an etcd without a leader. */
function busy({ status, body }: Answer): number | undefined {
  if (status !== 429 && status !== 503) return undefined
  return 1_000 * ((body as Status | undefined)?.details?.retryAfterSeconds ?? 1)
}

const FINAL = /^(ENOTFOUND|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)/

function hopeless(error: unknown): boolean {
  return FINAL.test((error as NodeJS.ErrnoException).code ?? '')
}

export async function textOf(message: IncomingMessage | Duplex): Promise<string> {
  let text = ''
  for await (const part of message) text += (part as Buffer).toString()
  return text
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return { kind: 'Status', message: text.trim() }
  }
}
