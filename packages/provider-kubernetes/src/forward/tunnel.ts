import type { IncomingMessage } from 'node:http'
import { messageOf, MoorageError } from '@moorage/core/provider'
import type { Status } from '../api/types.ts'
import { parse, textOf, type Client, type WebSocket } from '../api/client.ts'

/** One port of one pod. */
export interface ForwardTarget {
  readonly service: string
  readonly namespace: string
  readonly pod: string
  readonly port: number
}

/**
 * A tunnel to a port, once the API server has let it through; that says nothing yet of who listens in the pod.
 * Source: Kubernetes' `v4.channel.k8s.io`, k8s.io/kubelet/pkg/cri/streaming/portforward/websocket.go. Exactly that
 * protocol is asked for: the others are refused, or have no error channel.
 */
export async function openTunnel(client: Client, target: ForwardTarget, signal: AbortSignal): Promise<WebSocket> {
  signal.throwIfAborted()
  const { namespace, pod, port } = target
  const socket = await client.socket(
    `/api/v1/namespaces/${namespace}/pods/${pod}/portforward?ports=${port}`,
    'v4.channel.k8s.io',
  )
  // From here to its end: an error without a listener would end the process.
  socket.on('error', () => {})
  const opened = Promise.withResolvers<WebSocket>()
  const onAbort = (): void => {
    opened.reject(signal.reason)
    socket.terminate()
  }
  signal.addEventListener('abort', onAbort, { once: true })
  socket.once('open', () => {
    // What arrives before somebody listens must wait.
    socket.pause()
    opened.resolve(socket)
  })
  socket.once('error', (error: Error) => opened.reject(failure(target, messageOf(error), error)))
  socket.once('unexpected-response', (request, response) => {
    void refusal(target, response).then((error) => {
      opened.reject(error)
      request.destroy()
    })
  })
  return await opened.promise.finally(() => signal.removeEventListener('abort', onAbort))
}

async function refusal(target: ForwardTarget, response: IncomingMessage): Promise<MoorageError> {
  const text = await textOf(response).catch(() => '')
  const { message, reason } = parse(text) as Status
  const status = response.statusCode ?? 0
  const said = message || reason || `status ${status}`
  if (status === 403) {
    return new MoorageError(
      'FORWARD_FAILED',
      `services.${target.service}: this user may not forward ports of pods in namespace ${target.namespace}: ${said}.`,
      {
        service: target.service,
        provider: 'kubernetes',
        cause: status,
        hint: `Both verbs are needed: kubectl create role moorage-forward -n ${target.namespace} --verb=get,create --resource=pods/portforward`,
      },
    )
  }
  return failure(target, said.replace(/\.$/, ''), status)
}

export function failure({ service, pod, port, namespace }: ForwardTarget, said: string, cause?: unknown): MoorageError {
  return new MoorageError('FORWARD_FAILED', `services.${service}: the forward to port ${port} failed: ${said}.`, {
    service,
    provider: 'kubernetes',
    hint: `See how the pod is: kubectl describe pod ${pod} -n ${namespace}`,
    ...(cause === undefined ? {} : { cause }),
  })
}

/** What the error channel says, in our words: nobody listens, or something worse. */
export function refused(target: ForwardTarget, said: string): MoorageError {
  if (!/connection refused|failed to connect to localhost|Connection refused/.test(said))
    return failure(target, said.trim())
  return new MoorageError(
    'FORWARD_REFUSED',
    `services.${target.service}: nobody listens on port ${target.port} in its pod.`,
    { service: target.service, provider: 'kubernetes', cause: said },
  )
}

/** Worth another try: the same dial may succeed a moment later. */
export function passing(error: unknown): boolean {
  const { cause } = error as { cause?: unknown }
  if (cause instanceof Error) return true
  return typeof cause === 'number' && (cause >= 500 || cause === 429)
}
