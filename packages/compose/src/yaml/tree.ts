import type { Json } from '@moorage/core'

/** A place in a file. Lines and columns count from 1. */
export interface Position {
  /** Absolute path. */
  readonly file: string
  readonly line: number
  readonly column: number
}

/** `!reset` removes what an earlier file says, `!override` replaces it instead of merging. */
export type MergeTag = 'reset' | 'override'

interface Located {
  readonly at: Position
  readonly tag?: MergeTag
}

export interface ScalarNode extends Located {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
}

export interface ListNode extends Located {
  readonly kind: 'list'
  readonly items: readonly TreeNode[]
}

export interface MapNode extends Located {
  readonly kind: 'map'
  readonly entries: ReadonlyMap<string, Entry>
}

/** A value with the place of its key. */
export interface Entry {
  readonly keyAt: Position
  readonly value: TreeNode
}

/** A value of a compose file that knows where it was written. */
export type TreeNode = ScalarNode | ListNode | MapNode

export function scalar(value: ScalarNode['value'], at: Position): ScalarNode {
  return { kind: 'scalar', value, at }
}

export function list(items: readonly TreeNode[], at: Position): ListNode {
  return { kind: 'list', items, at }
}

/** A map whose keys stand where their values stand. */
export function map(entries: Iterable<readonly [string, TreeNode]>, at: Position): MapNode {
  return { kind: 'map', at, entries: new Map([...entries].map(([key, value]) => [key, { keyAt: value.at, value }])) }
}

/** The same map with these entries set, or removed where the value is undefined. */
export function withEntries(node: MapNode, changes: { readonly [key: string]: TreeNode | undefined }): MapNode {
  const entries = new Map(node.entries)
  for (const [key, value] of Object.entries(changes)) {
    if (value) entries.set(key, { keyAt: entries.get(key)?.keyAt ?? value.at, value })
    else entries.delete(key)
  }
  return { ...node, entries }
}

/** The value behind a path of keys. */
export function get(node: TreeNode | undefined, ...path: readonly string[]): TreeNode | undefined {
  let found = node
  for (const key of path) found = found?.kind === 'map' ? found.entries.get(key)?.value : undefined
  return found
}

export function getMap(node: TreeNode | undefined, ...path: readonly string[]): MapNode | undefined {
  const found = get(node, ...path)
  return found?.kind === 'map' ? found : undefined
}

export function itemsOf(node: TreeNode | undefined): readonly TreeNode[] {
  return node?.kind === 'list' ? node.items : []
}

/** The entries of a map as pairs of key and value. */
export function entriesOf(node: TreeNode | undefined): readonly (readonly [string, TreeNode])[] {
  return node?.kind === 'map' ? [...node.entries].map(([key, { value }]) => [key, value] as const) : []
}

/** The text of a scalar; undefined for null and for anything else. */
export function textOf(node: TreeNode | undefined): string | undefined {
  return node?.kind === 'scalar' && node.value !== null ? String(node.value) : undefined
}

/** The value without its places. */
export function toPlain(node: TreeNode): Json {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(toPlain)
  return Object.fromEntries(entriesOf(node).map(([key, value]) => [key, toPlain(value)]))
}
