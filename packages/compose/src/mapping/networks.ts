import type { ContainerForm } from '@moorage/core'
import type { Project } from '../load/read-project.ts'
import { entriesOf, get, getMap, itemsOf, textOf, type TreeNode } from '../yaml/tree.ts'
import type { Source } from './selected-service.ts'
import { invalid } from './values.ts'

/** What surrounds a service in its project. */
export interface Surroundings {
  readonly project: Project
  readonly sources: readonly Source[]
  readonly aliases: ReadonlyMap<string, ReadonlySet<string>>
}

/** Further host names by service: container names, the aliases of links, and names that are no key. */
export function collectAliases(sources: readonly Source[]): ReadonlyMap<string, ReadonlySet<string>> {
  const aliases = new Map(sources.map(({ name }) => [name, new Set<string>()]))
  for (const { name, node, keys } of sources) {
    const own = aliases.get(name)
    const containerName = textOf(get(node, 'container_name'))
    if (containerName !== undefined) own?.add(containerName)
    if (keys.length > 1 || keys[0] !== name) own?.add(name)
    for (const link of itemsOf(get(node, 'links'))) {
      const [target = '', alias] = (textOf(link) ?? '').split(':')
      if (alias !== undefined && alias !== target) aliases.get(target)?.add(alias)
    }
  }
  for (const { name, keys } of sources) for (const key of keys) if (keys.length === 1) aliases.get(name)?.delete(key)
  return aliases
}

/** The networks of a service. Where all services of the run share one, that of the run does. */
export function networksOf(
  source: Source,
  { project, sources, aliases }: Surroundings,
): Pick<ContainerForm, 'aliases' | 'networks'> {
  const own = namesOfNetworks(source)
  const names = [...(aliases.get(source.name) ?? [])]
  for (const { name: network, node } of own)
    if (network !== 'default' && !hasKey(getMap(project.root, 'networks'), network))
      throw invalid(
        node,
        `services.${source.name}.networks`,
        `there is no network '${network}'`,
        `Add it to networks, which has ${namesIn(project)}.`,
      )
  const all = new Set(sources.flatMap((other) => namesOfNetworks(other).map(({ name }) => name)))
  const aliasesIn = (node: TreeNode): readonly string[] =>
    itemsOf(get(node, 'aliases')).flatMap((item) => textOf(item) ?? [])
  if (all.size <= 1) {
    const further = [...new Set([...names, ...own.flatMap(({ node }) => aliasesIn(node))])]
    return further.length ? { aliases: further } : {}
  }
  const networks = own.map(({ name, node }) => {
    const further = [...new Set([...names, ...aliasesIn(node)])]
    return [name, further.length ? { aliases: further } : {}] as const
  })
  return { networks: Object.fromEntries(networks) }
}

function namesOfNetworks({ node }: Source): readonly { readonly name: string; readonly node: TreeNode }[] {
  const networks = entriesOf(get(node, 'networks')).map(([name, value]) => ({ name, node: value }))
  return networks.length ? networks : [{ name: 'default', node }]
}

function hasKey(node: TreeNode | undefined, name: string): boolean {
  return node?.kind === 'map' && node.entries.has(name)
}

function namesIn({ root }: Project): string {
  return (
    entriesOf(get(root, 'networks'))
      .map(([name]) => name)
      .join(', ') || 'none'
  )
}
