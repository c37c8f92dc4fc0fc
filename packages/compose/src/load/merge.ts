import {
  entriesOf,
  get,
  textOf,
  toPlain,
  type Entry,
  type ListNode,
  type MapNode,
  type TreeNode,
} from '../yaml/tree.ts'

/** Replaced by a later file instead of being merged. `*` stands for a name. */
const REPLACED: readonly string[] = ['services.*.command', 'services.*.entrypoint', 'services.*.healthcheck.test']

/** What makes two items of a list the same one: the later one replaces the earlier. */
const SAME_ITEM: { readonly [path: string]: (item: TreeNode) => string } = {
  'services.*.ports': (item) =>
    ['host_ip', 'published', 'target', 'protocol'].map((key) => textOf(get(item, key)) ?? '').join(':'),
  'services.*.volumes': (item) => textOf(get(item, 'target')) ?? '',
  'services.*.secrets': (item) => textOf(get(item, 'target')) ?? `/run/secrets/${textOf(get(item, 'source'))}`,
  'services.*.configs': (item) => textOf(get(item, 'target')) ?? `/${textOf(get(item, 'source'))}`,
  'services.*.env_file': (item) => textOf(get(item, 'path')) ?? '',
  'services.*.devices': (item) =>
    textOf(get(item, 'target')) ?? (textOf(item) ?? '').split(':').slice(0, 2).at(-1) ?? '',
}

/**
 * Merges a later file into an earlier one: maps key by key, lists one behind the other, anything else is replaced.
 * `!reset` removes a key, and `!override` replaces it. Source: Compose Specification, Merge.
 */
export function mergeTrees(base: MapNode, override: MapNode, pattern = ''): MapNode {
  const entries = new Map<string, Entry>(base.entries)
  for (const [key, entry] of override.entries) {
    const before = entries.get(key)
    const { value } = entry
    if (value.tag === 'reset') entries.delete(key)
    else if (!before) entries.set(key, { ...entry, value: withoutTags(value) })
    else entries.set(key, { ...entry, value: mergeValues(before.value, value, childPattern(pattern, key)) })
  }
  return { ...base, entries }
}

/** Names of services, networks and so on stand for themselves only in messages. */
function childPattern(pattern: string, key: string): string {
  if (pattern === '') return key
  return ['services', 'networks', 'volumes', 'secrets', 'configs'].includes(pattern)
    ? `${pattern}.*`
    : `${pattern}.${key}`
}

function mergeValues(base: TreeNode, override: TreeNode, pattern: string): TreeNode {
  if (override.tag === 'override' || REPLACED.includes(pattern)) return withoutTags(override)
  if (override.kind === 'scalar' && override.value === null && base.kind !== 'scalar') return base
  if (base.kind === 'map' && override.kind === 'map') {
    const driver = (node: MapNode): string | undefined => textOf(get(node, 'driver'))
    const replaced =
      pattern === 'services.*.logging' && driver(base) && driver(override) && driver(base) !== driver(override)
    return replaced ? withoutTags(override) : mergeTrees(base, override, pattern)
  }
  if (base.kind === 'list' && override.kind === 'list') return mergeLists(base, override, pattern)
  return withoutTags(override)
}

function mergeLists(base: ListNode, override: ListNode, pattern: string): ListNode {
  const keyOf = SAME_ITEM[pattern] ?? ((item: TreeNode) => JSON.stringify(toPlain(item)))
  const items = new Map<string, TreeNode>()
  for (const item of [...base.items, ...override.items])
    if (item.tag !== 'reset') items.set(keyOf(item), withoutTags(item))
  return { ...base, items: [...items.values()] }
}

/** A file on its own: nothing stands before it that `!reset` could remove, so the keys with it go. */
export function withoutTags(node: TreeNode): TreeNode {
  if (node.kind === 'scalar') return node
  const { tag: _tag, ...untagged } = node
  if (untagged.kind === 'list')
    return { ...untagged, items: untagged.items.filter(({ tag }) => tag !== 'reset').map(withoutTags) }
  const entries = entriesOf(untagged).filter(([, value]) => value.tag !== 'reset')
  return {
    ...untagged,
    entries: new Map(
      entries.map(([key, value]) => [
        key,
        { keyAt: untagged.entries.get(key)?.keyAt ?? value.at, value: withoutTags(value) },
      ]),
    ),
  }
}
