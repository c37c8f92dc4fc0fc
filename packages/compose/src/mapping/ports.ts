import type { Project } from '../load/read-project.ts'
import { get, itemsOf, textOf, type TreeNode } from '../yaml/tree.ts'
import { invalid, texts } from './values.ts'

/** The ports of a service. The first one is the main port. */
export interface ServicePorts {
  readonly ports: { readonly [name: string]: number }
  readonly udpPorts?: { readonly [name: string]: number }
  readonly hostPorts?: { readonly [name: string]: number }
  /** The scheme of the main port, if the file names it. */
  readonly protocol?: string
}

/** `extra` is the port of a known image, if the file names none. */
export function portsOf(
  service: TreeNode,
  { name, extra, fixed }: { readonly name: string; readonly extra: number | undefined; readonly fixed: boolean },
): ServicePorts {
  const ports: Record<string, number> = {}
  const udpPorts: Record<string, number> = {}
  const hostPorts: Record<string, number> = {}
  let protocol: string | undefined
  const add = (port: number, named: string | undefined, isUdp = false): string => {
    const all = isUdp ? udpPorts : ports
    const known = Object.entries(all).find(([, other]) => other === port)?.[0]
    const key = known ?? named ?? (Object.keys(ports).length || isUdp ? `port-${port}` : 'main')
    all[key] = port
    return key
  }
  for (const item of itemsOf(get(service, 'ports'))) {
    const target = Number(textOf(get(item, 'target')))
    const isUdp = textOf(get(item, 'protocol')) === 'udp'
    if (!Number.isInteger(target) || target < 1 || target > 65_535)
      throw invalid(
        item,
        `services.${name}.ports`,
        `'${textOf(get(item, 'target')) ?? ''}' is no port`,
        'Write 1 to 65535.',
      )
    const key = add(target, textOf(get(item, 'name')), isUdp)
    if (!isUdp) protocol ??= textOf(get(item, 'app_protocol'))
    const published = textOf(get(item, 'published'))
    if (fixed && published && /^\d+$/.test(published)) hostPorts[key] = Number(published)
  }
  for (const text of texts(get(service, 'expose'))) {
    const [, port = '', kind = 'tcp'] = /^(\d+)(?:-\d+)?(?:\/(\w+))?$/.exec(text) ?? []
    if (port) add(Number(port), undefined, kind === 'udp')
  }
  if (!Object.keys(ports).length && extra !== undefined) add(extra, undefined)
  return {
    ports,
    ...(Object.keys(udpPorts).length ? { udpPorts } : {}),
    ...(Object.keys(hostPorts).length ? { hostPorts } : {}),
    ...(protocol === undefined ? {} : { protocol }),
  }
}

/** Two services that ask for one port of this machine. Throws `MoorageError` (CONFIG_INVALID). */
export function checkHostPorts(
  services: readonly { readonly name: string; readonly hostPorts?: ServicePorts['hostPorts'] }[],
  { services: nodes }: Project,
): void {
  const owners = new Map<number, string>()
  for (const { name, hostPorts } of services)
    for (const port of Object.values(hostPorts ?? {})) {
      const owner = owners.get(port)
      const node = get(nodes, name, 'ports') ?? get(nodes, name)
      if (owner !== undefined && node)
        throw invalid(
          node,
          `services.${name}.ports`,
          `services.${owner} has the port ${port} of this machine already`,
          'Choose another port.',
        )
      owners.set(port, name)
    }
}
