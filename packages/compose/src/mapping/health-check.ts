import type { ContainerSettings } from '@moorage/core'
import { get, itemsOf, textOf, type TreeNode } from '../yaml/tree.ts'
import { defined, durationMs, invalid, isTrue, numberOf, texts } from './values.ts'

/**
 * The health check of a service. Without `test`, the image's own would be kept with other times, which moorage cannot
 * do. Throws `MoorageError` (CONFIG_INVALID).
 */
export function healthCheck(node: TreeNode | undefined, key: string): ContainerSettings['healthCheck'] {
  if (!node || node.kind !== 'map') return undefined
  if (isTrue(get(node, 'disable'))) return 'none'
  const test = testOf(get(node, 'test'), `${key}.test`)
  if (test === 'none') return 'none'
  if (test === undefined)
    throw invalid(node, key, 'it has no test', 'Add test, or remove the key: the check of the image then counts.')
  const duration = (name: string): number | undefined => durationMs(get(node, name), `${key}.${name}`)
  return defined({
    test: test.command,
    intervalMs: duration('interval'),
    timeoutMs: duration('timeout'),
    retries: numberOf(get(node, 'retries'), `${key}.retries`),
    startPeriodMs: duration('start_period'),
    startIntervalMs: duration('start_interval'),
  })
}

type Test = { readonly command: string | readonly string[] }

function testOf(node: TreeNode | undefined, key: string): Test | 'none' | undefined {
  if (!node) return undefined
  if (node.kind === 'scalar') return node.value === null ? undefined : { command: textOf(node) ?? '' }
  if (node.kind === 'list' && itemsOf(node).length === 0) return undefined
  const [kind, ...rest] = texts(node)
  if (kind === 'NONE') return 'none'
  if (kind === 'CMD') return { command: rest }
  if (kind === 'CMD-SHELL') return { command: rest.join(' ') }
  throw invalid(
    node,
    key,
    `a list begins with NONE, CMD or CMD-SHELL, not with '${kind}'`,
    'Add CMD before the command.',
  )
}
