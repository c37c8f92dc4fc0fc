import { BlockList, isIPv4 } from 'node:net'
import type { CheckResult } from '@moorage/core/provider'
import type { Engine } from '../engine/engine-address.ts'
import { routesOfThisMachine } from '../engine/free-subnets.ts'
import { expectSuccess } from '../engine/call-engine.ts'
import { remoteHost } from '../engine/network.ts'

interface AddressPool {
  /** In CIDR notation. */
  readonly Base: string
  /** Prefix length of each network. */
  readonly Size: number
}

interface Network {
  readonly IPAM?: { readonly Config?: readonly { readonly Subnet?: string }[] | null }
}

// Source: moby, libnetwork/ipamutils, "localScopeDefaultNetworks": what an engine has if its config names no pools.
const BUILT_IN_POOLS: readonly AddressPool[] = [
  { Base: '172.17.0.0/16', Size: 16 },
  { Base: '172.18.0.0/16', Size: 16 },
  { Base: '172.19.0.0/16', Size: 16 },
  { Base: '172.20.0.0/14', Size: 16 },
  { Base: '172.24.0.0/14', Size: 16 },
  { Base: '172.28.0.0/14', Size: 16 },
  { Base: '192.168.0.0/16', Size: 20 },
]

// A run needs one network, and one more for each network that the config names.
const FEW_NETWORKS = 5

/** How many networks the address pools of the engine still have. Podman does not tell its pools. */
export async function checkAddressPools(
  { engine, isPodman }: { readonly engine: Engine; readonly isPodman: boolean },
  signal: AbortSignal,
): Promise<readonly CheckResult[]> {
  if (isPodman) return []
  const [info, networks] = await Promise.all(
    ['/info', '/networks'].map(
      async (path) => JSON.parse((await expectSuccess(engine.call({ method: 'GET', path, signal }))).text) as unknown,
    ),
  )
  const { DefaultAddressPools: pools } = info as { readonly DefaultAddressPools?: readonly AddressPool[] | null }
  const routes = remoteHost(engine.host) === undefined ? routesOfThisMachine() : new BlockList()
  return [describePools(pools?.length ? pools : BUILT_IN_POOLS, networks as readonly Network[], routes)]
}

/** The result for these pools, networks and routes of the engine's machine. */
export function describePools(
  pools: readonly AddressPool[],
  networks: readonly Network[],
  routes: BlockList,
): CheckResult {
  const ipv4 = pools.filter(({ Base }) => isIPv4(Base.split('/')[0] ?? ''))
  const taken = networks.flatMap(({ IPAM }) => (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [Subnet] : [])))
  const all = ipv4.flatMap(subnetsOf)
  const free = all.filter((subnet) => !taken.some((other) => overlaps(subnet, other)) && !isRouted(subnet, routes))
  const text = `the address pools have room for ${free.length} more networks of ${all.length}`
  if (free.length > FEW_NETWORKS) return { status: 'ok', text }
  const fix = 'Remove unused networks: docker network prune. Or enlarge default-address-pools in daemon.json.'
  return free.length
    ? { status: 'warning', text, fix }
    : { status: 'warning', text: `${text}; runs get small ones of 198.18.0.0/15 instead`, fix }
}

interface Range {
  readonly first: number
  readonly last: number
}

function subnetsOf({ Base, Size }: AddressPool): readonly Range[] {
  const pool = toRange(Base)
  const size = 2 ** (32 - Size)
  const count = Math.max(0, Math.floor((pool.last - pool.first + 1) / size))
  return Array.from({ length: count }, (_, i) => ({
    first: pool.first + i * size,
    last: pool.first + (i + 1) * size - 1,
  }))
}

function toRange(cidr: string): Range {
  const [address = '', prefix = '32'] = cidr.split('/')
  const size = 2 ** (32 - Number(prefix))
  const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0)
  const first = Math.floor(number / size) * size
  return { first, last: first + size - 1 }
}

function overlaps({ first, last }: Range, cidr: string): boolean {
  if (!isIPv4(cidr.split('/')[0] ?? '')) return false
  const other = toRange(cidr)
  return first <= other.last && other.first <= last
}

/** Whether the machine routes a part of the range elsewhere: the engine then skips it. */
function isRouted({ first, last }: Range, routes: BlockList): boolean {
  return [first, first + 1, last].some((address) => routes.check(toAddress(address)))
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join('.')
}
