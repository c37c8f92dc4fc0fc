import { isAbsolute, join } from 'node:path'
import { homedir } from 'node:os'
import {
  entriesOf,
  get,
  getMap,
  itemsOf,
  list,
  map,
  scalar,
  textOf,
  withEntries,
  type MapNode,
  type TreeNode,
} from '../yaml/tree.ts'
import { parsePort } from './short-ports.ts'
import { parseVolume } from './short-volumes.ts'

/**
 * A file in which every short form is written out, so that files can be merged. Relative paths are absolute afterwards.
 * `base` is the folder that they start from.
 */
export function toCanonical(root: MapNode, base: string): MapNode {
  let file = root
  const services = getMap(root, 'services')
  if (services)
    file = withEntries(file, { services: mapValues(services, (service) => canonicalService(service, base)) })
  for (const kind of ['secrets', 'configs']) {
    const all = getMap(root, kind)
    if (all) file = withEntries(file, { [kind]: mapValues(all, (item) => withPaths(item, ['file'], base)) })
  }
  return file
}

function mapValues(node: MapNode, change: (value: TreeNode) => TreeNode): MapNode {
  const entries = [...node.entries].map(([key, { keyAt, value }]) => [key, { keyAt, value: change(value) }] as const)
  return { ...node, entries: new Map(entries) }
}

/** Keys whose value is one text, or a list of them. */
const LISTS: readonly string[] = ['dns', 'dns_search', 'dns_opt', 'tmpfs', 'label_file', 'profiles']
/** Keys whose value is a map, or a list of NAME=value. */
const MAPS: readonly string[] = ['environment', 'labels', 'annotations', 'sysctls']

function canonicalService(service: TreeNode, base: string): TreeNode {
  if (service.kind !== 'map') return service
  const changes: Record<string, TreeNode | undefined> = {}
  const change = (key: string, form: (value: TreeNode) => TreeNode): void => {
    const value = get(service, key)
    if (value && value.tag !== 'reset') changes[key] = keepTag(value, form(value))
  }
  for (const key of LISTS) change(key, toList)
  for (const key of MAPS) change(key, (value) => pairs(value, '='))
  change('label_file', (value) => eachItem(toList(value), (item) => absolutePath(item, base)))
  change('extra_hosts', (value) => eachExtraHost(value))
  change('build', (value) => canonicalBuild(value, base))
  change('depends_on', (value) => named(value, { condition: 'service_started', required: true }))
  change('networks', (value) => named(value, {}))
  change('env_file', (value) =>
    eachItem(toList(value), (item) =>
      withPaths(item.kind === 'map' ? item : map([['path', item]], item.at), ['path'], base),
    ),
  )
  change('ports', (value) => list(itemsOf(value).flatMap(parsePort), value.at))
  change('volumes', (value) => eachItem(value, (item) => canonicalVolume(item, base)))
  for (const key of ['secrets', 'configs'])
    change(key, (value) => eachItem(value, (item) => (item.kind === 'map' ? item : map([['source', item]], item.at))))
  return withEntries(service, changes)
}

function keepTag(from: TreeNode, to: TreeNode): TreeNode {
  return from.tag === undefined ? to : { ...to, tag: from.tag }
}

function toList(value: TreeNode): TreeNode {
  return value.kind === 'scalar' ? list(value.value === null ? [] : [value], value.at) : value
}

function eachItem(value: TreeNode, change: (item: TreeNode) => TreeNode): TreeNode {
  return value.kind === 'list' ? { ...value, items: value.items.map(change) } : value
}

/** A list of `NAME=value` as a map. A name alone has no value. */
function pairs(value: TreeNode, separator: string): TreeNode {
  if (value.kind !== 'list') return value
  return map(
    value.items.map((item) => {
      const text = textOf(item) ?? ''
      const end = text.indexOf(separator)
      return end < 0
        ? ([text, scalar(null, item.at)] as const)
        : ([text.slice(0, end), scalar(text.slice(end + separator.length), item.at)] as const)
    }),
    value.at,
  )
}

/** `host=address` or `host:address`; several addresses of one host are a list. */
function eachExtraHost(value: TreeNode): TreeNode {
  if (value.kind !== 'list') return value
  const items = value.items.map((item) => {
    const [, host = '', address = ''] = /^([^=:]*)[=:](.*)$/.exec(textOf(item) ?? '') ?? []
    return [host, scalar(address.replace(/^\[(.*)\]$/, '$1'), item.at)] as const
  })
  const grouped = Map.groupBy(items, ([host]) => host)
  return map(
    [...grouped].map(([host, found]) => {
      const addresses = found.map(([, address]) => address)
      return [host, addresses.length === 1 && addresses[0] ? addresses[0] : list(addresses, value.at)] as const
    }),
    value.at,
  )
}

/** A list of names as a map in which each has the same value. */
function named(value: TreeNode, defaults: { readonly [key: string]: string | boolean }): TreeNode {
  if (value.kind !== 'list') return value
  return map(
    value.items.map((item) => {
      const entries = Object.entries(defaults).map(([key, text]) => [key, scalar(text, item.at)] as const)
      return [textOf(item) ?? '', entries.length ? map(entries, item.at) : scalar(null, item.at)] as const
    }),
    value.at,
  )
}

function canonicalBuild(value: TreeNode, base: string): TreeNode {
  const build = value.kind === 'map' ? value : map([['context', value]], value.at)
  const changes: Record<string, TreeNode | undefined> = {}
  for (const key of ['args', 'labels', 'additional_contexts', 'ssh']) {
    const found = get(build, key)
    if (found) changes[key] = pairs(toList(found), '=')
  }
  const contexts = changes['additional_contexts']
  if (contexts?.kind === 'map')
    changes['additional_contexts'] = mapValues(contexts, (context) => contextPath(context, base))
  const context = get(build, 'context') ?? scalar('.', build.at)
  return withEntries(build, { ...changes, context: contextPath(context, base) })
}

/** The path of a context. The address of a repository and the name of a service stay as they are. */
function contextPath(context: TreeNode, base: string): TreeNode {
  const text = textOf(context) ?? ''
  return /^([a-z][a-z0-9+.-]*:|git@|github\.com\/)/i.test(text) ? context : absolutePath(context, base)
}

function canonicalVolume(item: TreeNode, base: string): TreeNode {
  const volume = item.kind === 'map' ? item : parseVolume(item)
  return textOf(get(volume, 'type')) === 'bind' ? withPaths(volume, ['source'], base) : volume
}

function withPaths(node: TreeNode, keys: readonly string[], base: string): TreeNode {
  if (node.kind !== 'map') return node
  const found = entriesOf(node).filter(([key, value]) => keys.includes(key) && textOf(value) !== undefined)
  return withEntries(node, Object.fromEntries(found.map(([key, value]) => [key, absolutePath(value, base)])))
}

function absolutePath(value: TreeNode, base: string): TreeNode {
  const text = textOf(value)
  if (text === undefined || isAbsolute(text)) return value
  const path = text === '~' || text.startsWith('~/') ? join(homedir(), text.slice(1)) : join(base, text)
  return keepTag(value, scalar(path, value.at))
}
