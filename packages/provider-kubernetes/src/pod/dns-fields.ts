import { HOST_ACCESS_NAME, type ContainerUnit, type Run } from '@moorage/core/provider'
import type { PodDns } from '../cluster/cluster-dns.ts'

export interface NameResolution {
  readonly run: Pick<Run, 'id'>
  readonly namespace: string
  readonly dns: PodDns
  readonly unit: ContainerUnit
  /** IP address at which the pod reaches the supervisor's machine; undefined without host access. */
  readonly hostAddress: string | undefined
}

// Source: kubernetes, pkg/apis/core/validation, MaxDNSNameservers.
export const MAX_NAMESERVERS = 3

/**
 * The names of the run come first where the DNS servers are known. Otherwise the kubelet puts the namespace's Services
 * before them. Source: Kubernetes, "DNS for Services and Pods", pod's DNS policy and config.
 */
export function dnsFields({ run, namespace, dns: { domain, nameservers }, unit }: NameResolution): object {
  const { servers = [], search = [], options: given = [] } = unit.dns ?? {}
  const own = `${run.id}.${namespace}.svc.${domain}`
  const options = given.map(parseOption)
  if (!nameservers) {
    return {
      dnsConfig: {
        // After the cluster's own server, of which there is usually one.
        ...(servers.length ? { nameservers: servers.slice(0, MAX_NAMESERVERS - 1) } : {}),
        searches: [own, ...search],
        ...(options.length ? { options } : {}),
      },
    }
  }
  const searches = [own, `${namespace}.svc.${domain}`, `svc.${domain}`, domain, ...search]
  const ndots = options.some(({ name }) => name === 'ndots') ? [] : [{ name: 'ndots', value: '5' }]
  return {
    dnsPolicy: 'None',
    dnsConfig: {
      nameservers: [...nameservers, ...servers].slice(0, MAX_NAMESERVERS),
      searches,
      options: [...ndots, ...options],
    },
  }
}

/** `ndots:2` or `edns0`, as in resolv.conf. */
function parseOption(text: string): { readonly name: string; readonly value?: string } {
  const [name = text, ...value] = text.split(':')
  return value.length ? { name, value: value.join(':') } : { name }
}

/** Further entries of /etc/hosts; none without any. */
export function hostAliases({ unit, hostAddress }: NameResolution): object {
  const given = Object.entries(unit.extraHosts ?? {}).map(([hostName, ip]) => ({ ip, hostnames: [hostName] }))
  const own = hostAddress === undefined ? [] : [{ ip: hostAddress, hostnames: [HOST_ACCESS_NAME] }]
  return given.length || own.length ? { hostAliases: [...own, ...given] } : {}
}
