import type { IncomingMessage } from 'node:http'
import { messageOf, MoorageError } from '@moorage/core/provider'
import { parseBody, readText, type ApiClient } from '../api/client.ts'
import type { Status } from '../api/types.ts'
import type { ServicePod } from '../pod/pod-ref.ts'
import type { WebSocket } from '../vendor/websocket.ts'

/** One port of one pod. */
export interface ForwardTarget extends ServicePod {
  readonly port: number
  /**
   * Milliseconds without a byte from the pod after which a connection is reset whose client has ended its side.
   * Default: 5,000.
   */
  readonly idleAfterEndMs?: number
}

const PROTOCOL = 'v4.channel.k8s.io'
/** The channel of the data. Source: as {@link openTunnel}. */
export const DATA_CHANNEL = 0

/**
 * Opens a WebSocket tunnel to a port. It resolves when the API server has accepted the tunnel, whether or not a process
 * listens in the pod. The tunnel is paused until its reader resumes it.
 *
 * Throws MoorageError (FORWARD_FAILED), or the reason of the signal.
 *
 * Source: k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go. The API server refuses other protocols, or gives
 * them no error channel.
 */
export async function openTunnel(client: ApiClient, target: ForwardTarget, signal: AbortSignal): Promise<WebSocket> {
  try {
    return await dial(client, target, signal)
  } catch (error) {
    if ((error as MoorageError).cause !== 401) throw error
    // The credentials have expired since they were read.
    await client.refreshCredentials()
    return await dial(client, target, signal)
  }
}

async function dial(client: ApiClient, target: ForwardTarget, signal: AbortSignal): Promise<WebSocket> {
  signal.throwIfAborted()
  const { namespace, pod, port } = target
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`
  const tunnel = await client.openWebSocket(path, PROTOCOL)
  // Permanent: an error event without a listener would end the process.
  tunnel.on('error', () => {})
  const opened = Promise.withResolvers<WebSocket>()
  const onAbort = (): void => {
    opened.reject(signal.reason)
    tunnel.terminate()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  tunnel.once('open', () => {
    // Holds back messages until the reader has attached its listener.
    tunnel.pause()
    opened.resolve(tunnel)
  })
  tunnel.once('error', (error: Error) => opened.reject(forwardError(target, messageOf(error), error)))
  tunnel.once('unexpected-response', (request, response) => {
    void toHandshakeError(target, response).then((error) => {
      opened.reject(error)
      request.destroy()
    })
  })
  return await opened.promise.finally(() => signal.removeEventListener('abort', onAbort))
}

async function toHandshakeError(target: ForwardTarget, response: IncomingMessage): Promise<MoorageError> {
  const { message, reason } = parseBody(await readText(response).catch(() => '')) as Status
  const status = response.statusCode ?? 0
  const text = message || reason || `status ${status}`
  if (status === 403) {
    return new MoorageError(
      'FORWARD_FAILED',
      `services.${target.service}: this user may not forward ports of pods in namespace ${target.namespace}: ${text}.`,
      {
        service: target.service,
        provider: 'kubernetes',
        cause: status,
        hint:
          `Grant both verbs: kubectl create role moorage-forward -n ${target.namespace} --verb=get,create ` +
          '--resource=pods/portforward',
      },
    )
  }
  return forwardError(target, text.replace(/\.$/, ''), status)
}

/** FORWARD_FAILED. `cause` is the HTTP status of a refused handshake, or the error of the connection. */
export function forwardError(
  { service, pod, port, namespace }: ForwardTarget,
  text: string,
  cause?: unknown,
): MoorageError {
  return new MoorageError('FORWARD_FAILED', `services.${service}: the forward to port ${port} failed: ${text}.`, {
    service,
    provider: 'kubernetes',
    hint: `Inspect the pod with: kubectl describe pod ${pod} -n ${namespace}`,
    ...(cause === undefined ? {} : { cause }),
  })
}

/** The error for a message on the error channel: FORWARD_REFUSED when no process listens, else FORWARD_FAILED. */
export function toChannelError(target: ForwardTarget, text: string): MoorageError {
  if (!/connection refused|failed to connect to localhost/i.test(text)) return forwardError(target, text.trim())
  return new MoorageError(
    'FORWARD_REFUSED',
    `services.${target.service}: nothing listens on port ${target.port} in its pod.`,
    { service: target.service, provider: 'kubernetes', cause: text },
  )
}

/** Whether another attempt may succeed: after a connection error, status 429 or a 5xx status. */
export function isTransient(error: unknown): boolean {
  const { cause } = error as { cause?: unknown }
  if (cause instanceof Error) return true
  return typeof cause === 'number' && (cause >= 500 || cause === 429)
}
