import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { BlockList } from 'node:net'

export interface Subnet {
  /** In CIDR notation. */
  readonly subnet: string
  /** The engine's own address in it. */
  readonly gateway: string
}

// Source: RFC 2544: 198.18.0.0/15 is for tests of network devices, so no network that containers need to reach has it.
const FIRST_ADDRESS = 0xc6_12_00_00
/** Room for 125 containers. */
const SUBNET_SIZE = 128
const PREFIX_LENGTH = 25
const SUBNET_COUNT = 2 ** 17 / SUBNET_SIZE
const MAX_ATTEMPTS = 32

/** Small address ranges in random order, without those that this machine has a route to. */
export function* freeSubnets(routes: BlockList = routesOfThisMachine()): Generator<Subnet> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const first = FIRST_ADDRESS + SUBNET_SIZE * randomInt(SUBNET_COUNT)
    const taken = Array.from({ length: SUBNET_SIZE }, (_, i) => first + i).some((each) => routes.check(toAddress(each)))
    if (!taken) yield { subnet: `${toAddress(first)}/${PREFIX_LENGTH}`, gateway: toAddress(first + 1) }
  }
}

/** The address ranges of the interfaces and routes of this machine. */
export function routesOfThisMachine(): BlockList {
  const routes = new BlockList()
  for (const { address, cidr, family } of Object.values(networkInterfaces()).flatMap((all) => all ?? [])) {
    if (family === 'IPv4') routes.addSubnet(address, Number(cidr?.split('/')[1] ?? 32))
  }
  for (const { address, prefixLength } of kernelRoutes()) routes.addSubnet(address, prefixLength)
  return routes
}

/** Source: Linux, /proc/net/route: destination and mask are little-endian. Empty on other systems. */
function kernelRoutes(): readonly { readonly address: string; readonly prefixLength: number }[] {
  let table: string
  try {
    table = readFileSync('/proc/net/route', 'utf8')
  } catch {
    return []
  }
  const rows = table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
  return rows.flatMap((row) => {
    const [destination, mask] = [row[1], row[7]].map((text) => Buffer.from(text ?? '', 'hex').reverse())
    const prefixLength = mask
      ? [...mask].reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
      : 0
    // The default route covers everything.
    return destination?.length === 4 && prefixLength > 0 ? [{ address: destination.join('.'), prefixLength }] : []
  })
}

function toAddress(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.')
}
