import { existsSync } from 'node:fs'
import { MoorageError, HostPortProxies, type ProxyBinding, type OptionProblem } from '@moorage/core/provider'
import type { Engine } from './engine/engine-address.ts'
import { readSubnet, remoteHost } from './engine/network.ts'
import type { RunNetworks } from './engine/run-networks.ts'

interface BridgeNetwork {
  readonly Id: string
  readonly Options?: { readonly [option: string]: string }
}

const FIX = 'Run that service as a container as well, or use an engine on this machine.'

/**
 * Why containers cannot reach this machine; undefined when they can. The proxies listen on the gateway of the run's
 * bridge network, so that bridge has to be a device of this machine.
 */
export async function hostAccessProblem(engine: Engine): Promise<Omit<OptionProblem, 'at'> | undefined> {
  const remote = remoteHost(engine.host)
  if (remote !== undefined)
    return { reason: `its engine is on ${remote}, which cannot dial this machine's loopback`, fix: FIX }
  const { text } = await engine.call({
    method: 'GET',
    path: `/networks?filters=${encodeURIComponent('{"driver":["bridge"]}')}`,
  })
  const bridges = (JSON.parse(text) as readonly BridgeNetwork[]).map(
    ({ Id, Options }) => Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`,
  )
  if (!bridges.length || bridges.some((name) => existsSync(`/sys/class/net/${name}`))) return undefined
  return {
    reason:
      "its engine's bridges are not on this machine (Docker Desktop, rootless Docker, or a container beside the engine)",
    fix: FIX,
  }
}

/**
 * Proxies to ports of this machine. They listen on the gateway of the run's network and admit only the containers of
 * the run. Opening one throws `MoorageError` (START_FAILED) when the network has no gateway.
 */
export function hostPortProxies(engine: Engine, networks: RunNetworks): HostPortProxies {
  const findBinding = async (): Promise<ProxyBinding> => {
    const { Gateway, Subnet } = (await readSubnet(engine, (await networks.get()).id)) ?? {}
    if (!Gateway || !Subnet)
      throw new MoorageError(
        'START_FAILED',
        'The network of the run has no gateway on which a proxy to this machine could listen.',
        { provider: 'docker', hint: FIX },
      )
    return { host: Gateway, admits: (address) => networks.contains(address) }
  }
  return new HostPortProxies(findBinding)
}
