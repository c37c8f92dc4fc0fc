import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { debugLog, elapsedMs, messageOf, type DebugLog } from '@moorage/core/provider'

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
export function callEngine(host: string, request: EngineRequest): Promise<EngineResponse> {
  const response = sendRequest(host, request)
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

function sendRequest(host: string, request: EngineRequest): Promise<EngineResponse> {
  const { method, path, body, signal, onSent } = request
  const address = parseAddress(host)
  if (!address) return Promise.reject(new RangeError('an address of this kind is not supported'))
  const http = process.getBuiltinModule(address.tls ? 'node:https' : 'node:http')
  const headers = body === undefined ? {} : { 'Content-Type': 'application/json' }
  return new Promise((resolve, reject) => {
    const sent = http.request(
      { ...address.options, method, path, headers, agent: false, ...(signal ? { signal } : {}) },
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

interface EngineAddress {
  readonly tls: boolean
  /** For Node's `http.request`. */
  readonly options: object
}

// Source of the variables, the ports and the certificate files: docker/cli, "Protect the Docker daemon socket".
function parseAddress(host: string): EngineAddress | undefined {
  const [, protocol, rest = ''] = host.match(/^(unix|npipe|tcp|http|https):\/\/(.*)$/) ?? []
  if (protocol === 'unix' || protocol === 'npipe') return { tls: false, options: { socketPath: rest } }
  if (!protocol) return undefined
  const tls = protocol === 'https' || Boolean(process.env['DOCKER_TLS_VERIFY'])
  const { hostname, port } = new URL(`http://${rest}`)
  const folder = process.env['DOCKER_CERT_PATH'] ?? join(homedir(), '.docker')
  const certificates = tls
    ? {
        ca: readIfPresent(join(folder, 'ca.pem')),
        cert: readIfPresent(join(folder, 'cert.pem')),
        key: readIfPresent(join(folder, 'key.pem')),
      }
    : {}
  return { tls, options: { host: hostname, port: port || (tls ? 2376 : 2375), ...certificates } }
}

function readIfPresent(path: string): Buffer | undefined {
  return existsSync(path) ? readFileSync(path) : undefined
}
