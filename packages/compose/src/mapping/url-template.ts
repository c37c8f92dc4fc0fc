import type { Template } from '@moorage/core'
import { textOf, type TreeNode } from '../yaml/tree.ts'
import { invalid } from './values.ts'

/**
 * The URL that `x-moorage: { url }` describes: `{host}` and `{port}` stand for the address of the main port. Throws
 * `MoorageError` (CONFIG_INVALID) for another placeholder, and for a text that is no URL.
 */
export function urlTemplate(node: TreeNode | undefined, key: string): Template | undefined {
  const text = textOf(node)
  if (!node || text === undefined) return undefined
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    throw invalid(node, key, `'${text}' has no scheme`, "Write it as in 'postgresql://me@{host}:{port}/shop'.")
  const parts = text.split(/(\{[^}]*\})/).filter(Boolean)
  return {
    $join: parts.map((part): Template => {
      if (!part.startsWith('{')) return part
      if (part === '{host}' || part === '{port}') return { $self: [part.slice(1, -1)] }
      throw invalid(node, key, `there is no placeholder ${part}`, 'Write {host} or {port}.')
    }),
  }
}
