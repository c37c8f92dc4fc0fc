import { serviceHostName, type ContainerUnit, type Run } from '@moorage/core/provider'
import type { NamespaceMode } from '../cluster/select-cluster.ts'

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

/** The name of a service's first pod. In a namespace that runs share, it carries the run. */
export function podName(mode: NamespaceMode, run: Pick<Run, 'id'>, service: string): string {
  return `${mode === 'create' ? '' : `${run.id}-`}${serviceHostName(service)}`
}

/** Whether the name can be a name of a pod: a DNS label. Source: RFC 1123. */
export function isDnsLabel(name: string): boolean {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(name)
}
