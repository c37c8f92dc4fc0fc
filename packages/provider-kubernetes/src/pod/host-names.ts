import { serviceHostName, type ContainerUnit } from '@moorage/core/provider'

/** The names by which the services of a run reach a pod. */
export interface PodNames {
  /** The host name of the pod. */
  readonly hostName: string
  /** All further names. */
  readonly aliases: readonly string[]
}

/** A pod has one host name. All other names of its service are aliases. */
export function podNames(
  service: string,
  { hostName, aliases = [], networks = {} }: Pick<ContainerUnit, 'hostName' | 'aliases' | 'networks'>,
): PodNames {
  const own = (hostName ?? serviceHostName(service)).toLowerCase()
  const inNetworks = Object.values(networks).flatMap(({ aliases: names = [] }) => names)
  const all = [serviceHostName(service), ...aliases, ...inNetworks].map((name) => name.toLowerCase())
  return { hostName: own, aliases: [...new Set(all)].filter((name) => name !== own) }
}

/** Whether the name can be a name of a pod: a DNS label. Source: RFC 1123. */
export function isDnsLabel(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(name)
}
