import { validate, type ErrorObject } from '../schema-validator.ts'
import { get, itemsOf, toPlain, type MapNode, type Position, type TreeNode } from '../yaml/tree.ts'
import type { Findings } from './findings.ts'

// The table of keys reports these with a suggestion, and the others only sum up what their branches say.
const SUMMARIES: readonly string[] = ['unevaluatedProperties', 'additionalProperties', 'oneOf', 'anyOf', 'if']

/** Reports the values of a file that have another type than the JSON schema of the Compose Specification gives. */
export function checkSchema(root: MapNode, findings: Findings): void {
  if (validate(toPlain(root))) return
  const all = validate.errors ?? []
  const errors = all.filter(({ keyword }) => !SUMMARIES.includes(keyword))
  for (const [path, found] of Map.groupBy(errors, ({ instancePath }) => instancePath)) {
    // One branch of a choice may fit the map while the fault is in one of its values.
    if (all.some(({ instancePath }) => instancePath.startsWith(`${path}/`))) continue
    const keys = path.split('/').slice(1).map(unescapePointer)
    findings.add({
      severity: 'refused',
      at: positionOf(root, keys),
      key: keys.join('.') || 'the file',
      reason: describe(found),
      alternative: 'See the Compose Specification: https://github.com/compose-spec/compose-spec/blob/main/spec.md',
    })
  }
}

function describe(errors: readonly ErrorObject[]): string {
  const types = errors.flatMap(({ keyword, params }) =>
    keyword === 'type' ? [params['type'] as string | string[]].flat() : [],
  )
  const values = errors.flatMap(({ keyword, params }) =>
    keyword === 'enum' ? (params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)) : [],
  )
  if (values.length) return `its value is none of ${[...new Set(values)].join(', ')}`
  if (types.length)
    return `its value is not ${[...new Set(types)].map((type) => TYPE_NAMES[type] ?? type).join(' or ')}`
  return (errors[0]?.message ?? 'its value is invalid').replace(/^must /, 'it must ')
}

const TYPE_NAMES: { readonly [type: string]: string } = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'an integer',
  null: 'empty',
  number: 'a number',
  object: 'a map',
  string: 'text',
}

function positionOf(root: TreeNode, keys: readonly string[]): Position {
  let node: TreeNode = root
  let { at } = root
  for (const key of keys) {
    const next: TreeNode | undefined = node.kind === 'list' ? itemsOf(node)[Number(key)] : get(node, key)
    if (!next) break
    at = node.kind === 'map' ? (node.entries.get(key)?.keyAt ?? next.at) : next.at
    node = next
  }
  return at
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}
