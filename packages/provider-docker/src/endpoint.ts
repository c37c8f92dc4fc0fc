import { containerPortProblem, type Endpoint } from '@moorage/core/provider'
import type { Client } from './engine/client.ts'
import type { RunNetwork } from './engine/network.ts'
import { toProviderError } from './errors.ts'

type NetworkSettings = Awaited<
  ReturnType<ReturnType<Client['dockerode']['getContainer']>['inspect']>
>['NetworkSettings']

/** A container as a target of connections. */
export interface ContainerRoute {
  readonly client: Client
  readonly network: RunNetwork
  containerId: string
  /** What the engine reported, kept from the moment when it has published the container's ports. */
  networkSettings?: NetworkSettings
}

/** The address at which this machine reaches a port of the container. Throws `MoorageError` (PROVIDER_LOST). */
export async function resolveEndpoint(route: ContainerRoute, port: number): Promise<Endpoint> {
  const settings = await readSettings(route)
  const binding = settings.Ports[`${port}/tcp`]?.[0]
  if (binding) route.networkSettings = settings
  // A container that has ended has no binding. Its exit explains more than an error here would.
  return { host: route.network.dialAddress, port: Number(binding?.HostPort ?? 0) }
}

/**
 * Why nothing listens on a port of the container; undefined when something does. It dials the container's own address,
 * because the engine's port proxy accepts every connection and closes it later when the container refuses.
 */
export async function findPortProblem(
  route: ContainerRoute,
  port: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const host = (await readSettings(route)).Networks[route.network.name]?.IPAddress
  return await containerPortProblem(host, port, signal)
}

async function readSettings({ client, containerId, networkSettings }: ContainerRoute): Promise<NetworkSettings> {
  if (networkSettings) return networkSettings
  const container = await client.dockerode
    .getContainer(containerId)
    .inspect()
    .catch((error: unknown): never => {
      throw toProviderError(error, client.engine.host)
    })
  return container.NetworkSettings
}
