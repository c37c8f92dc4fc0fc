import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { MoorageError, type ContainerUnit, type UnitSpec } from '@moorage/core/provider'
import type { RunNetwork } from '../engine/network.ts'
import { refusalMessage } from '../errors.ts'

/** Source: Docker Engine API, "Create a container", HostConfig.PortBindings. */
export type PortBindings = {
  readonly [port: string]: readonly { readonly HostIp: string; readonly HostPort: string }[]
}

// Below the ports that Linux gives to outgoing connections.
const [FIRST_PORT, PORTS_END] = [20_000, 32_768]

/**
 * Where the engine publishes the ports of a service: at the number that the config fixes, else at a free one. The
 * engine would choose another free port at each restart, so a service that it may restart gets a number at once.
 */
export function portBindings(spec: UnitSpec, { bindAddress }: RunNetwork): PortBindings {
  const { hostPorts = {}, restart = 'no' } = spec.container as ContainerUnit
  return Object.fromEntries(
    Object.entries(spec.ports).map(([name, port]) => {
      const number = hostPorts[name] ?? (restart === 'no' ? 0 : randomInt(FIRST_PORT, PORTS_END))
      return [`${port}/tcp`, [{ HostIp: bindAddress, HostPort: String(number) }]]
    }),
  )
}

// The engine chooses a port and then listens on it. Meanwhile another program can have taken it.
const PORT_IN_USE = /address already in use|port is already allocated|ports are not available/i

/** Whether the engine refuses a start because another program has a port. */
export function isPortInUse(error: unknown): boolean {
  return PORT_IN_USE.test(refusalMessage(error))
}

/** Throws `MoorageError` (PORT_IN_USE) for a fixed port that another program of this machine has. */
export async function requireFreePorts(spec: UnitSpec, { bindAddress }: RunNetwork): Promise<void> {
  // An engine elsewhere answers by itself. Podman would redirect the port although a program listens on it.
  if (!bindAddress) return
  for (const [name, port] of fixedPorts(spec))
    if (!(await isFree(bindAddress, port))) throw portInUse(spec, { name, port })
}

/** The error for a fixed port that another program has; undefined if the engine refuses a port that it has chosen. */
export function fixedPortInUse(error: unknown, spec: UnitSpec): MoorageError | undefined {
  const refusal = refusalMessage(error)
  const found = fixedPorts(spec).find(([, port]) => new RegExp(`:${port}\\b`).test(refusal))
  return found && portInUse(spec, { name: found[0], port: found[1], cause: error })
}

function fixedPorts({ container }: UnitSpec): readonly (readonly [name: string, port: number])[] {
  return Object.entries(container?.hostPorts ?? {})
}

function isFree(host: string, port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((done) => {
    server.once('error', (error: NodeJS.ErrnoException) => done(error.code !== 'EADDRINUSE'))
    server.listen({ host, port, exclusive: true }, () => server.close(() => done(true)))
  })
}

function portInUse(
  { name: service }: UnitSpec,
  { name, port, cause }: { readonly name: string; readonly port: number; readonly cause?: unknown },
): MoorageError {
  return new MoorageError('PORT_IN_USE', `services.${service}.hostPorts.${name}: port ${port} is in use.`, {
    service,
    provider: 'docker',
    phase: 'start',
    hint: [
      ...(cause === undefined ? [] : [`The engine says: ${refusalMessage(cause)}`]),
      `End the program that has it, give another port, or remove hostPorts.${name} to get a free one.`,
    ].join('\n'),
    ...(cause === undefined ? {} : { cause }),
  })
}
