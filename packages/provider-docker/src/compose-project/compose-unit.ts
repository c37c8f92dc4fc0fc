import { existsSync } from 'node:fs'
import {
  containerPortProblem,
  imageHealthCheck,
  type ContainerSettings,
  type Endpoint,
  type Exit,
  type Unit,
} from '@moorage/core/provider'
import { waitForExit } from '../container/wait-for-exit.ts'
import type { Client } from '../engine/client.ts'
import type { RunNetwork } from '../engine/network.ts'
import { execInUnit } from '../exec.ts'
import { readLogs } from '../logs.ts'
import type { InspectedMember } from './member-problem.ts'

export interface ComposeUnitContext {
  readonly client: Client
  readonly network: RunNetwork
  readonly closing: AbortSignal
}

/** The unit of a container that belongs to the user's compose project: it is read, and never stopped or changed. */
export function composeUnit(container: InspectedMember, { client, network, closing }: ComposeUnitContext): Unit {
  const { Id: containerId, Name, Config } = container
  const released = new AbortController()
  const signal = AbortSignal.any([released.signal, closing])
  const exit = waitForExit((request) => client.engine.call({ ...request, signal }), containerId, {
    restart: restartPolicy(container),
    isStarted: true,
    signal,
  })
  const lastExit = restartPolicy(container) === 'no' ? undefined : exit
  const address = localAddress(container)
  return {
    endpoint: (port) => Promise.resolve(publishedEndpoint(container, port, network)),
    ...(address === undefined
      ? {}
      : { portProblem: (port: number, probing: AbortSignal) => containerPortProblem(address, port, probing) }),
    inspect: `docker logs ${Name.replace(/^\//, '')}`,
    logs: (options) => readLogs(client, { containerId, tty: Config.Tty, lastExit }, options),
    exited: exit.then((ended): Exit | Promise<never> => (signal.aborted ? new Promise<never>(() => {}) : ended)),
    // Only the watch on the container ends.
    stop: () => Promise.resolve(released.abort()),
    imageHealthCheck: () => Promise.resolve(imageHealthCheck(Config)),
    exec: (command, running) => execInUnit(client, { containerId, command }, running),
  }
}

/** A port that is not published is reached at the container's own address, where this machine has a route to it. */
function publishedEndpoint({ NetworkSettings }: InspectedMember, port: number, network: RunNetwork): Endpoint {
  const binding = NetworkSettings.Ports?.[`${port}/tcp`]?.[0]
  const own = Object.values(NetworkSettings.Networks ?? {}).find(({ IPAddress }) => IPAddress)
  if (!binding?.HostPort) return { host: own?.IPAddress ?? network.dialAddress, port }
  const isOneAddress = !/^(|0\.0\.0\.0|::|127\..*|::1)$/.test(binding.HostIp ?? '')
  if (isOneAddress) return { host: binding.HostIp as string, port: Number(binding.HostPort) }
  // From a container beside it, by its gateway. That of the run's network does not exist while no container joins it.
  const isBeside = !['', '127.0.0.1'].includes(network.bindAddress)
  const host = (isBeside && own?.Gateway) || network.dialAddress
  return { host, port: Number(binding.HostPort) }
}

/** The container's own address, where its bridge is a device of this machine. */
function localAddress({ NetworkSettings }: InspectedMember): string | undefined {
  const networks = Object.values(NetworkSettings.Networks ?? {})
  const local = networks.find(
    ({ NetworkID, IPAddress }) => IPAddress && NetworkID && existsSync(`/sys/class/net/br-${NetworkID.slice(0, 12)}`),
  )
  return local?.IPAddress
}

const POLICIES = ['always', 'on-failure', 'unless-stopped'] as const

function restartPolicy({ HostConfig }: InspectedMember): NonNullable<ContainerSettings['restart']> {
  return POLICIES.find((policy) => policy === HostConfig.RestartPolicy?.Name) ?? 'no'
}
