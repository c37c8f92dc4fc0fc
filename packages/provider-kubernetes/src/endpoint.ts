import { portAnswers, type Endpoint, type MoorageError, type Report } from '@moorage/core/provider'
import type { Client } from './api/client.ts'
import type { ForwardTarget } from './forward/tunnel.ts'
import { openForward, type Forward } from './forward/listener.ts'
import { portProblem } from './forward/port-check.ts'

export type Reach = 'auto' | 'forward' | 'pod-ip'

/** How tests get to a pod's ports. */
export interface Route {
  /** `address` resolves with the pod's own. */
  endpoint(port: number, address: () => Promise<string>): Promise<Endpoint>
  /** Why nobody listens behind an endpoint, where an accepted connection does not tell. */
  portProblem(port: number, signal: AbortSignal): Promise<string | undefined>
  close(): Promise<void>
}

export interface Ways {
  readonly reach: Reach
  readonly inCluster: boolean
  readonly report: Report
}

// Milliseconds: a pod network that is there answers within one.
const PROBE = 300
// Milliseconds between two lines about the same trouble.
const QUIET = 5_000

/**
 * By the pod's address where it is proven from within the cluster; else by forwards, whose local ports are open before
 * the pod exists. Outside of the cluster an address is not tried: it may be a stranger's.
 */
export async function openRoute(
  client: Client,
  at: Omit<ForwardTarget, 'port'> & { readonly ports: readonly number[] },
  { reach, inCluster, report }: Ways,
): Promise<Route> {
  const forwards = new Map<number, Promise<Forward>>()
  const targetOf = (port: number): ForwardTarget => ({
    service: at.service,
    namespace: at.namespace,
    pod: at.pod,
    port,
  })
  const direct = reach === 'pod-ip' || (reach === 'auto' && inCluster)
  let spoken = 0
  const failed = (error: MoorageError): void => {
    if (error.code === 'FORWARD_REFUSED' || performance.now() - spoken < QUIET) return
    spoken = performance.now()
    report.notice(error.message)
  }
  const forward = (port: number): Promise<Forward> => {
    const known = forwards.get(port) ?? openForward(client, targetOf(port), failed)
    forwards.set(port, known)
    return known
  }
  if (!direct) await Promise.all(at.ports.map(forward))
  const addresses = new Map<number, Promise<string | undefined>>()
  const proven = async (port: number, address: () => Promise<string>): Promise<string | undefined> => {
    const host = await address()
    if (reach === 'pod-ip' || (await answers(host, port))) return host
    report.notice(
      `services.${at.service}: its pod does not answer at ${host}, though this is a pod of the same cluster (a network policy?): forwarding through the API.`,
    )
    return undefined
  }
  return {
    async endpoint(port, address) {
      if (direct) {
        const known = addresses.get(port) ?? proven(port, address)
        addresses.set(port, known)
        const host = await known
        if (host !== undefined) return { host, port }
      }
      return { host: '127.0.0.1', port: (await forward(port)).port }
    },
    async portProblem(port, signal) {
      const host = await addresses.get(port)
      if (host === undefined) return await portProblem(client, targetOf(port), signal)
      return (await portAnswers({ host, port }, PROBE)) === undefined
        ? undefined
        : `nobody portProblem at ${host}:${port}`
    },
    async close() {
      await Promise.all([...forwards.values()].map(async (opening) => (await opening).close()))
    },
  }
}

/** An open port or a refusal: both come from the pod's own network; silence does not. */
async function answers(host: string, port: number): Promise<boolean> {
  const closed = await portAnswers({ host, port }, PROBE)
  return closed === undefined || closed === 'ECONNREFUSED'
}
