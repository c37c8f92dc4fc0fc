import { existsSync } from 'node:fs'
import { BlockList } from 'node:net'
import { MoorageError, HostPortProxies, type ProxyBinding, type OptionProblem } from '@moorage/core'
import { call } from './engine/find-engine.ts'
import { rangeOf, remoteHost, type RunNetwork } from './engine/network.ts'

interface Network {
  readonly Id: string
  readonly Options?: { readonly [option: string]: string }
}

const FIX = 'Run that service as a container as well, or use an engine on this machine.'

/** Relays listen on the gateway of the run's own bridge: that has to be a device of this machine. */
export async function hostProblem(host: string): Promise<Omit<OptionProblem, 'at'> | undefined> {
  const remote = remoteHost(host)
  if (remote !== undefined)
    return { reason: `its engine is on ${remote}, which cannot dial this machine's loopback`, fix: FIX }
  const { text } = await call(host, {
    method: 'GET',
    path: `/networks?filters=${encodeURIComponent('{"driver":["bridge"]}')}`,
  })
  const bridges = (JSON.parse(text) as readonly Network[]).map(
    ({ Id, Options }) => Options?.['com.docker.network.bridge.name'] ?? `br-${Id.slice(0, 12)}`,
  )
  if (!bridges.length || bridges.some((name) => existsSync(`/sys/class/net/${name}`))) return undefined
  return {
    reason:
      "its engine's bridges are not on this machine (Docker Desktop, rootless Docker, or a container beside the engine)",
    fix: FIX,
  }
}

/** On the address that the containers of a run have as their gateway, and for them alone. */
export function hostPortProxies(host: string, network: Promise<RunNetwork>): HostPortProxies {
  const find = async (): Promise<ProxyBinding> => {
    const { Gateway, Subnet } = (await rangeOf(host, (await network).id)) ?? {}
    const [base, bits] = Subnet?.split('/') ?? []
    if (!Gateway || !base)
      throw new MoorageError(
        'START_FAILED',
        'The network of the run has no gateway that could listen for its containers.',
        { provider: 'docker', hint: FIX },
      )
    const inside = new BlockList()
    inside.addSubnet(base, Number(bits))
    return { host: Gateway, admits: (address) => inside.check(address) }
  }
  return new HostPortProxies(find)
}
