import { createServer } from 'node:net'
import { portAnswers, type Endpoint } from '@moorage/core/provider'
import getPort from 'get-port'
import { portInUse } from './errors.ts'
import { describeHolder, findListeners } from './system/listeners.ts'

const LOOPBACK = '127.0.0.1'
const IPV6_LOOPBACK = '::1'

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

async function isIpv6Only(port: number): Promise<boolean> {
  if (process.platform === 'linux') {
    // Without a connection, which some servers accept only once.
    const addresses = findListeners().flatMap((each) => (each.port === port ? [each.address] : []))
    return addresses.length > 0 && addresses.every((address) => address === IPV6_LOOPBACK)
  }
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
