import { MoorageError } from '@moorage/core'
import { showPosition } from '../yaml/format-position.ts'
import { map, scalar, textOf, type TreeNode } from '../yaml/tree.ts'

// [[address:]published:]target[/protocol], each a number or a range.
const PORT = /^(?:(?:(\[[^\]]*\]|[^:[\]]*):)?(\d*(?:-\d+)?):)?(\d+(?:-\d+)?)(?:\/(\w+))?$/

/** The ports of a short form such as `127.0.0.1:8000-8001:80-81/tcp`. Throws `MoorageError` (CONFIG_INVALID). */
export function parsePort(node: TreeNode): readonly TreeNode[] {
  if (node.kind !== 'scalar') return [node]
  const text = textOf(node) ?? ''
  const [, host, published = '', target = '', protocol = 'tcp'] = PORT.exec(text) ?? []
  const targets = range(target)
  const publishedPorts = published === '' ? [] : range(published)
  const fits = publishedPorts.length === 0 || publishedPorts.length === targets.length || targets.length === 1
  if (!targets.length || !fits || [...targets, ...publishedPorts].some((port) => port > 65_535))
    throw new MoorageError('CONFIG_INVALID', `${showPosition(node.at)}: '${text}' is no port.`, {
      hint: "Write '80', '8080:80' or '127.0.0.1:8080:80/tcp'.",
    })
  return targets.map((port, i) => {
    // One port of a range on this machine is free to choose.
    const own = targets.length === 1 ? published : String(publishedPorts[i] ?? '')
    return map(
      [
        ['target', scalar(port, node.at)] as const,
        ...(own ? [['published', scalar(own, node.at)] as const] : []),
        ['protocol', scalar(protocol, node.at)] as const,
        ...(host ? [['host_ip', scalar(host.replace(/^\[(.*)\]$/, '$1'), node.at)] as const] : []),
      ],
      node.at,
    )
  })
}

function range(text: string): readonly number[] {
  const [first, last = first] = text.split('-').map(Number)
  if (text === '' || first === undefined || last === undefined || last < first || last - first > 65_535) return []
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}
