import { connect } from 'node:net'
import type { Endpoint, Unit } from '@moorage/core'
import { lostOr } from './away.ts'
import type { Client } from './client.ts'
import type { RunNetwork } from './network.ts'

export interface Address extends Pick<Unit, 'listens'> {
  /** Where this machine reaches a port of a container. */
  published(port: number): Promise<Endpoint>
}

// Milliseconds: a container's network that is there answers within one.
const PROBE = 300

type Settings = Awaited<ReturnType<ReturnType<Client['engine']['getContainer']>['inspect']>>['NetworkSettings']

/** Asked of the engine once, when the container runs. */
export function addressOf(client: Client, network: RunNetwork, id: string): Address {
  let known: Settings | undefined
  const settings = async (): Promise<Settings> => {
    if (known) return known
    const { State, NetworkSettings } = await client.engine.getContainer(id).inspect().catch((error: unknown): never => {
      throw lostOr(error, client.host)
    })
    if (State.Running) known = NetworkSettings
    return NetworkSettings
  }
  return {
    async published(port) {
      // One that has ended has none: its end says more than a failure here.
      return { host: network.reach, port: Number((await settings()).Ports[`${port}/tcp`]?.[0]?.HostPort ?? 0) }
    },
    // The engine's port proxy accepts whoever comes, and closes again when it has found nobody, which a busy machine delays.
    ...(network.direct ? { listens: async (port, signal) => await dial((await settings()).Networks[network.name]?.IPAddress ?? '', port, signal) } : {}),
  }
}

function dial(host: string, port: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((done) => {
    const socket = connect({ host, port, timeout: PROBE, signal })
    const end = (reason: string | undefined): void => {
      socket.destroy()
      done(reason)
    }
    socket.once('connect', () => end(undefined))
    socket.once('timeout', () => end(`port ${port} of the container did not answer within ${PROBE} ms`))
    socket.on('error', ({ code }: NodeJS.ErrnoException) => end(code === 'ECONNREFUSED' ? `nobody listens on port ${port} in the container` : `port ${port} of the container: ${code}`))
  })
}
