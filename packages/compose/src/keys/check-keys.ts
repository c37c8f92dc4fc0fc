import { closestWord, type Json } from '@moorage/core'
import { toPlain, type MapNode, type TreeNode } from '../yaml/tree.ts'
import type { Findings } from './findings.ts'
import { keysBelow, rowOf } from './key-table.ts'

interface Place {
  /** The path with `*` and `[]`, as the table has it. */
  readonly pattern: string
  /** The path as it is shown. */
  readonly path: string
}

/** Reports every key of a file that does not exist, is warned about or is refused. */
export function checkKeys(root: MapNode, findings: Findings): void {
  checkMap(root, { pattern: '', path: '' }, findings)
}

function checkNode(node: TreeNode, place: Place, findings: Findings): void {
  if (node.kind === 'list') {
    const item = { pattern: `${place.pattern}[]`, path: place.path }
    for (const value of node.items) if (value.kind !== 'scalar') checkNode(value, item, findings)
  } else if (node.kind === 'map') checkMap(node, place, findings)
}

function checkMap(node: MapNode, { pattern, path }: Place, findings: Findings): void {
  const start = pattern === '' ? '' : `${pattern}.`
  const known = keysBelow(pattern)
  // Below it are names of the user's, or items that may also be written as plain text.
  const anyName = rowOf(`${start}*`) !== undefined || hasNamed(start)
  // A map where the specification has a list or a text: the JSON schema says so.
  if (!known.length && !anyName) return
  for (const [name, { keyAt, value }] of node.entries) {
    const here = { pattern: `${start}${anyName ? '*' : name}`, path: path === '' ? name : `${path}.${name}` }
    const row = rowOf(here.pattern)
    if (row) {
      const plain = toPlain(value)
      if (row.treatment === 'mapped') {
        if (!row.open) checkNode(value, here, findings)
      } else if (value.tag !== 'reset' && !isHarmless(plain, row.harmless ?? []))
        findings.add({
          severity: row.treatment,
          at: keyAt,
          key: here.path,
          reason: row.note.replaceAll('`', ''),
          alternative: row.alternative ?? '',
        })
    } else if (anyName) checkNode(value, here, findings)
    else if (!name.startsWith('x-')) {
      const meant = closestWord(name, known)
      findings.add({
        severity: 'refused',
        at: keyAt,
        key: here.path,
        reason: 'the Compose Specification has no such key',
        alternative: meant === undefined ? 'Remove it, or begin its name with x-.' : `Did you mean ${meant}?`,
      })
    }
  }
}

/** Whether rows stand below a name of the user's, as in `networks.*.driver`. */
function hasNamed(start: string): boolean {
  return keysBelow(`${start}*`).length > 0
}

function isHarmless(value: Json, harmless: readonly Json[]): boolean {
  return value === null || harmless.some((other) => JSON.stringify(other) === JSON.stringify(value))
}
