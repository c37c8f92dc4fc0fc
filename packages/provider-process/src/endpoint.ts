import { readdirSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { listPids, readProcFile, type Endpoint } from '@moorage/core/provider'
import getPort from 'get-port'
import { portInUse } from './errors.ts'

const LOOPBACK = '127.0.0.1'

/** The ports of a session, with the services that have them: two services must not get one before either listens. */
export type ReservedPorts = Map<number, string>

export function resolveEndpoint(port: number): Promise<Endpoint> {
  return Promise.resolve({ host: LOOPBACK, port })
}

/**
 * Reserves a port for a service. `requestedPort` 0 means any free port. Throws `MoorageError` (PORT_IN_USE) when
 * another service or program has the requested one.
 */
export async function reservePort(service: string, requestedPort: number, reserved: ReservedPorts): Promise<number> {
  if (requestedPort === 0) {
    const port = await getPort({ host: LOOPBACK, exclude: [...reserved.keys()] })
    // Another service may have reserved the same port while this call waited.
    if (reserved.has(port)) return await reservePort(service, requestedPort, reserved)
    reserved.set(port, service)
    return port
  }
  const holder = reserved.get(requestedPort)
  if (holder !== undefined && holder !== service) throw portInUse(service, requestedPort, `services.${holder} has it`)
  // Before the check, because another service may request the same port while it runs.
  reserved.set(requestedPort, service)
  if (await isFree(requestedPort)) return requestedPort
  reserved.delete(requestedPort)
  throw portInUse(service, requestedPort, describeListener(requestedPort) ?? 'another program listens on it')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** Names the process that listens on a port, where /proc shows it. Source: proc_pid_net(5): state 0A is LISTEN. */
function describeListener(port: number): string | undefined {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0')
  const sockets = ['/proc/net/tcp', '/proc/net/tcp6']
    .flatMap((file) => readProcFile(file).split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(`:${hexPort}`) && fields[3] === '0A')
    .map((fields) => `socket:[${fields[9]}]`)
  const pid = listPids().find((each) => openFilesOf(each).some((file) => sockets.includes(file)))
  if (pid === undefined) return undefined
  const name = readProcFile(`/proc/${pid}/comm`).trim() || '?'
  return `process ${pid} (${name}) listens on it`
}

/** What the descriptors of a process point to; empty for a process of another user. */
function openFilesOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((descriptor) => readLink(`/proc/${pid}/fd/${descriptor}`))
  } catch {
    return []
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
