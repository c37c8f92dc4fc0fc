import { portAnswers, type Endpoint, type Unit } from '@moorage/core'
import { lostOr } from './errors.ts'
import type { Client } from './engine/client.ts'
import type { RunNetwork } from './engine/network.ts'

export interface Address extends Pick<Unit, 'portProblem'> {
  /** Where this machine reaches a port of a container. */
  published(port: number): Promise<Endpoint>
}

// Milliseconds: a container's network that is there answers within one.
const PROBE = 300

type Settings = Awaited<ReturnType<ReturnType<Client['engine']['getContainer']>['inspect']>>['NetworkSettings']

/** Asked of the engine until it has published the port, and then no more. */
export function addressOf(client: Client, network: RunNetwork, id: string): Address {
  let known: Settings | undefined
  const settings = async (): Promise<Settings> => {
    if (known) return known
    const seen = await client.engine
      .getContainer(id)
      .inspect()
      .catch((error: unknown): never => {
        throw lostOr(error, client.host)
      })
    return seen.NetworkSettings
  }
  return {
    async published(port) {
      const now = await settings()
      const binding = now.Ports[`${port}/tcp`]?.[0]
      if (binding) known = now
      // One that has ended has none: its end says more than a failure here.
      return { host: network.reach, port: Number(binding?.HostPort ?? 0) }
    },
    // The engine's port proxy accepts whoever comes, and closes again when it has found nobody, which a busy machine delays.
    ...(network.direct
      ? {
          portProblem: async (port, signal) =>
            await nobodyAt((await settings()).Networks[network.name]?.IPAddress, port, signal),
        }
      : {}),
  }
}

async function nobodyAt(host: string | undefined, port: number, signal: AbortSignal): Promise<string | undefined> {
  // Without a host it would be this machine that is asked.
  if (!host) return 'the container has no address any more'
  const closed = await portAnswers({ host, port }, PROBE, signal)
  if (closed === undefined) return undefined
  if (closed === 'ECONNREFUSED') return `nobody listens on port ${port} in the container`
  return closed === 'ETIMEDOUT'
    ? `port ${port} of the container did not answer within ${PROBE} ms`
    : `port ${port} of the container: ${closed}`
}
