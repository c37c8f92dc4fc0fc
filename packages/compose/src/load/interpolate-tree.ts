import { MoorageError } from '@moorage/core'
import type { Findings } from '../keys/findings.ts'
import type { ProjectVariables } from '../variables/project-environment.ts'
import { interpolate } from '../variables/interpolate.ts'
import { showPosition } from '../yaml/format-position.ts'
import type { MapNode, ScalarNode, TreeNode } from '../yaml/tree.ts'

/**
 * Replaces the variables in every value of a file. Throws `MoorageError` (CONFIG_INVALID) for `${NAME:?message}`
 * without a value, and for anything else that cannot be substituted.
 */
export function interpolateTree(root: MapNode, variables: ProjectVariables, findings: Findings): MapNode {
  const visit = (node: TreeNode): TreeNode => {
    if (node.kind === 'list') return { ...node, items: node.items.map(visit) }
    if (node.kind === 'map') return visitMap(node)
    return interpolateScalar(node, variables, findings)
  }
  const visitMap = (node: MapNode): MapNode => ({
    ...node,
    entries: new Map([...node.entries].map(([key, { keyAt, value }]) => [key, { keyAt, value: visit(value) }])),
  })
  return visitMap(root)
}

function interpolateScalar(node: ScalarNode, variables: ProjectVariables, findings: Findings): ScalarNode {
  if (typeof node.value !== 'string' || !node.value.includes('$')) return node
  const { text, unset, problem } = interpolate(node.value, (name) => variables[name])
  const at = showPosition(node.at)
  if (problem?.kind === 'required')
    throw new MoorageError(
      'CONFIG_INVALID',
      `${at}: the variable ${problem.variable} has no value${problem.text ? `: ${problem.text.replace(/\.$/, '')}` : ''}.`,
      { hint: `Set ${problem.variable} in the environment, in .env beside the file, or in compose(…, { env }).` },
    )
  if (problem)
    throw new MoorageError('CONFIG_INVALID', `${at}: ${problem.text} is not a valid variable reference.`, {
      hint: 'Write ${NAME}, ${NAME:-default} or ${NAME:?message}, or $$ for a dollar sign.',
    })
  for (const name of new Set(unset))
    findings.add({
      severity: 'warned',
      at: node.at,
      key: `$${name}`,
      reason: 'the variable is not set and counts as empty',
      alternative: `Set it, or write \${${name}:-default}.`,
    })
  return { ...node, value: text }
}
