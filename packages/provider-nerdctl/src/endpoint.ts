import { containerPortProblem, type Endpoint } from '@moorage/core/provider'
import { expectSuccess, type Nerdctl } from './engine/nerdctl.ts'
import { toProviderError } from './errors.ts'

/** A container as a target of connections. */
export interface ContainerRoute {
  readonly nerdctl: Nerdctl
  readonly name: string
  /** What containerd reported, kept from the moment when the container has an address. */
  address?: string
}

// No such port exists: connections to it fail.
const NO_PORT = 0

/**
 * The address at which this machine reaches a port of the container: its own on the run's bridge. A published port
 * would not do: nerdctl chooses one without taking it, so that two containers that start at once can get the same.
 * Throws `MoorageError` (PROVIDER_LOST).
 */
export async function resolveEndpoint(route: ContainerRoute, port: number): Promise<Endpoint> {
  const address = await readAddress(route)
  // A container that has ended has no address. Its exit explains more than an error here would.
  return address ? { host: address, port } : { host: '127.0.0.1', port: NO_PORT }
}

/** Why nothing listens on a port of the container; undefined when something does. */
export async function findPortProblem(
  route: ContainerRoute,
  port: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  return await containerPortProblem(await readAddress(route), port, signal)
}

async function readAddress(route: ContainerRoute): Promise<string | undefined> {
  if (route.address) return route.address
  const args = ['inspect', '--format', '{{.NetworkSettings.IPAddress}}', route.name]
  const output = await expectSuccess(route.nerdctl, args).catch((error: unknown): never => {
    throw toProviderError(error, route.nerdctl)
  })
  const address = output.trim()
  if (address) route.address = address
  return address || undefined
}
