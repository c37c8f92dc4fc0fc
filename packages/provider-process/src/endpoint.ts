import { createServer } from 'node:net'
import { portAnswers, type Endpoint } from '@moorage/core/provider'
import getPort from 'get-port'
import { portInUse } from './errors.ts'
import { describeHolder, findListeners } from './system/listeners.ts'

const LOOPBACK = '127.0.0.1'
const IPV6_LOOPBACK = '::1'
const ROOT_UID = 0

// A loopback that does not refuse at once accepts.
const CHECK_TIMEOUT_MS = 300

/** The ports of a session, with the services that have them: two services must not get one before either listens. */
export type ReservedPorts = Map<number, string>

/**
 * The address of a port: 127.0.0.1, or ::1 if a server listens there only, as those do that bind to the first address
 * of `localhost`.
 */
export async function resolveEndpoint(port: number): Promise<Endpoint> {
  return { host: (await isIpv6Only(port)) ? IPV6_LOOPBACK : LOOPBACK, port }
}

/** Reads the listeners of this machine at the given times, in milliseconds of a monotonic clock. */
export interface ListenerSource {
  readonly now: () => number
  readonly find: typeof findListeners
}

// The kernel searches all its connections for the listeners, which takes up to 14 ms. A probe would do so every 10 ms.
const MAX_READING_SHARE = 0.2

/**
 * {@link resolveEndpoint} for one service: remembers where it listens, and reads the listeners of this machine for at
 * most a fifth of the time. In between, a server that listens nowhere yet counts as one on 127.0.0.1.
 */
export function createEndpointResolver(
  serviceUid?: number,
  { now, find }: ListenerSource = { now: () => performance.now(), find: findListeners },
): typeof resolveEndpoint {
  if (process.platform !== 'linux') return resolveEndpoint
  const known = new Map<number, Endpoint>()
  const nextReadAt = new Map<number, number>()
  return (port) => {
    const endpoint = known.get(port)
    const readAt = now()
    if (endpoint || readAt < (nextReadAt.get(port) ?? readAt))
      return Promise.resolve(endpoint ?? { host: LOOPBACK, port })
    const addresses = addressesOf(port, find(), serviceUid)
    const endedAt = now()
    nextReadAt.set(port, endedAt + (endedAt - readAt) / MAX_READING_SHARE)
    const found = { host: isIpv6Loopback(addresses) ? IPV6_LOOPBACK : LOOPBACK, port }
    if (addresses.length) known.set(port, found)
    return Promise.resolve(found)
  }
}

/**
 * Where this user, the user of the service or root listens. Root may publish the port of a container. Any other user
 * who listens on the other loopback would get the connections of the tests, and their passwords.
 */
function addressesOf(port: number, listeners: ReturnType<typeof findListeners>, uid?: number): readonly string[] {
  const trusted = [process.getuid?.(), uid, ROOT_UID]
  return listeners.flatMap((each) => (each.port === port && trusted.includes(each.uid) ? [each.address] : []))
}

function isIpv6Loopback(addresses: readonly string[]): boolean {
  return addresses.length > 0 && addresses.every((address) => address === IPV6_LOOPBACK)
}

async function isIpv6Only(port: number): Promise<boolean> {
  // Without a connection, which some servers accept only once.
  if (process.platform === 'linux') return isIpv6Loopback(addressesOf(port, findListeners()))
  if ((await portAnswers({ host: LOOPBACK, port }, CHECK_TIMEOUT_MS)) === undefined) return false
  return (await portAnswers({ host: IPV6_LOOPBACK, port }, CHECK_TIMEOUT_MS)) === undefined
}

/**
 * Reserves a port for a service. `requestedPort` 0 means any free port. Throws `MoorageError` (PORT_IN_USE) when
 * another service or program has the requested one.
 */
export async function reservePort(service: string, requestedPort: number, reserved: ReservedPorts): Promise<number> {
  if (requestedPort === 0) {
    const port = await getPort({ host: LOOPBACK, exclude: [...reserved.keys()] })
    // Another service may have reserved the same port while this call waited, or a program may have it on ::1.
    if (!(await isFree(port)) || reserved.has(port)) return await reservePort(service, requestedPort, reserved)
    reserved.set(port, service)
    return port
  }
  const holder = reserved.get(requestedPort)
  if (holder !== undefined && holder !== service) throw portInUse(service, requestedPort, `services.${holder} has it`)
  // Before the check, because another service may request the same port while it runs.
  reserved.set(requestedPort, service)
  if (await isFree(requestedPort)) return requestedPort
  reserved.delete(requestedPort)
  throw portInUse(service, requestedPort, describeHolder(requestedPort) ?? 'another program listens on it')
}

async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, LOOPBACK)) && (await canListen(port, IPV6_LOOPBACK))
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    // A machine without IPv6 has no such address.
    server.once('error', ({ code }: NodeJS.ErrnoException) => resolve(host === IPV6_LOOPBACK && code !== 'EADDRINUSE'))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
