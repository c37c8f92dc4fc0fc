import { MoorageError } from '@moorage/core'
import { showPosition } from '../yaml/format-position.ts'
import { map, scalar, textOf, type MapNode, type TreeNode } from '../yaml/tree.ts'

const PROPAGATIONS: readonly string[] = ['rprivate', 'private', 'rshared', 'shared', 'rslave', 'slave']

/**
 * The long form of `source:target:mode`. A source that begins like a path is one; a target alone is an anonymous
 * volume. Throws `MoorageError` (CONFIG_INVALID).
 */
export function parseVolume(node: TreeNode): MapNode {
  const text = textOf(node) ?? ''
  const parts = text.split(':')
  if (parts.length > 3 || parts.some((part) => part === ''))
    throw new MoorageError('CONFIG_INVALID', `${showPosition(node.at)}: '${text}' is no volume.`, {
      hint: "Write 'volume:/path', './folder:/path' or './folder:/path:ro'.",
    })
  const [first = '', target, modes = ''] = parts
  const value = (item: string | boolean): TreeNode => scalar(item, node.at)
  if (target === undefined)
    return map(
      [
        ['type', value('volume')],
        ['target', value(first)],
      ],
      node.at,
    )
  const options = modes.split(',')
  const mode = options.includes('ro') ? true : options.includes('rw') ? false : undefined
  const bind = /^[./~]/.test(first)
  const details: (readonly [string, TreeNode])[] = bind ? [['create_host_path', value(true)]] : []
  for (const option of options) {
    if (bind && PROPAGATIONS.includes(option)) details.push(['propagation', value(option)])
    else if (bind && /^z$/i.test(option)) details.push(['selinux', value(option)])
    else if (!bind && option === 'nocopy') details.push(['nocopy', value(true)])
  }
  return map(
    [
      ['type', value(bind ? 'bind' : 'volume')],
      ['source', value(first)],
      ['target', value(target)],
      ...(mode === undefined ? [] : [['read_only', value(mode)] as const]),
      ...(details.length ? [[bind ? 'bind' : 'volume', map(details, node.at)] as const] : []),
    ],
    node.at,
  )
}
