import { portAnswers, type Endpoint, type MoorageError, type Report } from '@moorage/core/provider'
import type { ApiClient } from './api/client.ts'
import { openForward, type FixedPort, type Forward } from './forward/listener.ts'
import { findForwardProblem } from './forward/port-check.ts'
import type { ServicePod } from './pod/pod-ref.ts'

/** How tests reach pods: `KubernetesOptions.reach`. */
export type Reach = 'auto' | 'forward' | 'pod-ip'

export interface RouteOptions {
  readonly reach: Reach
  /** True inside a pod of the cluster. */
  readonly inCluster: boolean
  readonly report: Report
}

/** How tests reach the ports of one pod: by its IP address, or by forwards. */
export interface Route {
  readonly client: ApiClient
  readonly pod: ServicePod
  readonly options: RouteOptions
  /** Whether the pod's IP address is tried at all. */
  readonly direct: boolean
  readonly forwards: Map<number, Promise<Forward>>
  /** The ports that always have a forward, each on its own port of this machine. */
  readonly fixedPorts: ReadonlyMap<number, FixedPort>
  /** By port: the address at which it answered; undefined where it did not. */
  readonly addresses: Map<number, Promise<string | undefined>>
  readonly onForwardError: (error: MoorageError) => void
}

// A pod network that is reachable answers within a millisecond.
const PROBE_TIMEOUT_MS = 300
// Repeated errors of one route become one notice in this time.
const NOTICE_INTERVAL_MS = 5_000

interface RoutePorts extends ServicePod, Pick<Partial<Route>, 'fixedPorts'> {
  readonly ports: readonly number[]
}

/**
 * Prepares the route to a pod that need not exist yet. Where the pod's IP address is not an option, this opens the
 * local ports of all forwards. Outside the cluster, `auto` never tries the address: another machine may have it.
 *
 * Throws MoorageError (PORT_IN_USE) when another program listens on a fixed port.
 */
export async function openRoute(
  client: ApiClient,
  { ports, fixedPorts = new Map(), ...pod }: RoutePorts,
  options: RouteOptions,
): Promise<Route> {
  const { reach, inCluster, report } = options
  let lastNoticeAt = 0
  const route: Route = {
    client,
    pod,
    options,
    direct: reach === 'pod-ip' || (reach === 'auto' && inCluster),
    forwards: new Map(),
    fixedPorts,
    addresses: new Map(),
    onForwardError(error) {
      // A refusal belongs to the client that dialled: the service may not be ready yet.
      if (error.code === 'FORWARD_REFUSED' || performance.now() - lastNoticeAt < NOTICE_INTERVAL_MS) return
      lastNoticeAt = performance.now()
      report.notice(error.message)
    },
  }
  const forwarded = ports.filter((port) => !route.direct || fixedPorts.has(port))
  try {
    await Promise.all(forwarded.map((port) => forwardTo(route, port)))
  } catch (error) {
    await closeRoute(route)
    throw error
  }
  return route
}

/** Where tests reach a port of the pod. `podAddress` resolves with its IP address once it has one. */
export async function resolveEndpoint(
  route: Route,
  port: number,
  podAddress: () => Promise<string>,
): Promise<Endpoint> {
  if (route.direct && !route.fixedPorts.has(port)) {
    const known = route.addresses.get(port) ?? verifyAddress(route, port, podAddress)
    route.addresses.set(port, known)
    const host = await known
    if (host !== undefined) return { host, port }
  }
  return { host: '127.0.0.1', port: (await forwardTo(route, port)).port }
}

/** Why no process listens behind a port of the pod; undefined when one does. */
export async function findPortProblem(route: Route, port: number, signal: AbortSignal): Promise<string | undefined> {
  const host = await route.addresses.get(port)
  if (host === undefined) return await findForwardProblem(route.client, { ...route.pod, port }, signal)
  const failure = await portAnswers({ host, port }, PROBE_TIMEOUT_MS)
  return failure === undefined ? undefined : `nothing listens on ${host}:${port}`
}

/** Closes the local ports of the route and their connections. */
export async function closeRoute({ forwards }: Route): Promise<void> {
  const openings = await Promise.allSettled(forwards.values())
  await Promise.all(openings.map((opening) => (opening.status === 'fulfilled' ? opening.value.close() : undefined)))
}

function forwardTo({ client, pod, forwards, fixedPorts, onForwardError }: Route, port: number): Promise<Forward> {
  const fixedPort = fixedPorts.get(port)
  const target = { ...pod, port, ...(fixedPort ? { fixedPort } : {}) }
  const forward = forwards.get(port) ?? openForward(client, target, onForwardError)
  forwards.set(port, forward)
  return forward
}

async function verifyAddress(
  { pod, options: { reach, report } }: Route,
  port: number,
  podAddress: () => Promise<string>,
): Promise<string | undefined> {
  const host = await podAddress()
  if (reach === 'pod-ip' || (await isReachable(host, port))) return host
  report.notice(
    `services.${pod.service}: its pod does not answer at ${host}, although this is a pod of the same ` +
      'cluster; a network policy may block it. Using a forward through the API instead.',
  )
  return undefined
}

/** An open port and a refusal both prove that the pod's network is reachable. */
async function isReachable(host: string, port: number): Promise<boolean> {
  const failure = await portAnswers({ host, port }, PROBE_TIMEOUT_MS)
  return failure === undefined || failure === 'ECONNREFUSED'
}
