import { randomInt } from 'node:crypto'
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
 * Where the engine publishes the ports of a service: at the number that the config fixes, else at a free one. The engine
 * would choose another free port at each restart, so a service that it may restart gets a number at once.
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

/** The error for a fixed port that another program has; undefined if the engine refuses a port that it has chosen. */
export function fixedPortInUse(error: unknown, spec: UnitSpec): MoorageError | undefined {
  const { hostPorts = {} } = spec.container as ContainerUnit
  const refusal = refusalMessage(error)
  const found = Object.entries(hostPorts).find(([, port]) => new RegExp(`:${port}\\b`).test(refusal))
  if (!found) return undefined
  const [name, port] = found
  return new MoorageError('PORT_IN_USE', `services.${spec.name}.hostPorts.${name}: port ${port} is in use.`, {
    service: spec.name,
    provider: 'docker',
    phase: 'start',
    hint: `The engine says: ${refusal}\nEnd the program that has it, give another port, or remove hostPorts.${name} to get a free one.`,
    cause: error,
  })
}
