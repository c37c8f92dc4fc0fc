import { BlockList } from 'node:net'
import type { Report, Run } from '@moorage/core/provider'
import type { Engine } from './engine-address.ts'
import { createNetwork, readSubnet, removeNetwork, type RunNetwork } from './network.ts'

/** The network of a run that services join unless they name others. */
export const DEFAULT_NETWORK = 'default'

/** The networks of a run. Services find each other by name in a network that they share. */
export class RunNetworks {
  /** Resolves when the request for the default network is sent, or has failed before that. */
  readonly requestSent: Promise<void>
  readonly #engine: Engine
  readonly #run: Run
  readonly #report: Report
  readonly #networks = new Map<string, Promise<RunNetwork>>()
  readonly #subnets = new Map<string, ReturnType<typeof readSubnet>>()

  constructor(engine: Engine, run: Run, report: Report) {
    this.#engine = engine
    this.#run = run
    this.#report = report
    const { requestSent, network } = createNetwork(engine, { run, report })
    this.requestSent = requestSent
    this.#networks.set(DEFAULT_NETWORK, network)
    network.catch(() => {})
  }

  /** The network of a name; created if no service has named it before. */
  get(name: string = DEFAULT_NETWORK): Promise<RunNetwork> {
    const known = this.#networks.get(name)
    if (known) return known
    const { network } = createNetwork(this.#engine, { run: this.#run, report: this.#report, name })
    this.#networks.set(name, network)
    return network
  }

  /** Whether an address belongs to one of the networks. */
  async contains(address: string): Promise<boolean> {
    const subnets = new BlockList()
    for (const network of await this.#created()) {
      const reading = this.#subnets.get(network.id) ?? readSubnet(this.#engine, network.id)
      this.#subnets.set(network.id, reading)
      const [base, prefixLength] = (await reading)?.Subnet?.split('/') ?? []
      if (base) subnets.addSubnet(base, Number(prefixLength))
    }
    return subnets.check(address)
  }

  /** Removes all networks, then throws the first failure: `MoorageError` (PROVIDER_LOST). */
  async remove(): Promise<void> {
    const removals = [...this.#networks.values()].map(async (network) =>
      removeNetwork(this.#engine, this.#run, await network.catch(() => undefined)),
    )
    const failed = (await Promise.allSettled(removals)).find((removal) => removal.status === 'rejected')
    if (failed) throw failed.reason
  }

  async #created(): Promise<readonly RunNetwork[]> {
    const settled = await Promise.allSettled(this.#networks.values())
    return settled.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
  }
}
