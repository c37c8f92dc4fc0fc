import { closestWord, type Json, type Probe } from '@moorage/core'
import { entriesOf, get, textOf, toPlain, type TreeNode } from '../yaml/tree.ts'
import { invalid, isTrue, textMap } from './values.ts'

/** What `x-moorage` says of a service. */
export interface ServiceExtension {
  /** The service is not started. Others that need it do without. */
  readonly ignore: boolean
  /** The environment variable for its URL. */
  readonly as?: string
  /** The scheme of its URL. */
  readonly protocol?: string
  readonly ready?: readonly Probe[]
  /** Further variables for the tests. */
  readonly variables?: { readonly [name: string]: string }
  /** Published ports keep their numbers on this machine. */
  readonly hostPorts: boolean
  readonly hostAccess?: true | readonly number[]
}

const KEYS = ['ignore', 'as', 'protocol', 'ready', 'variables', 'hostPorts', 'hostAccess']

/** Throws `MoorageError` (CONFIG_INVALID) for an unknown key or a value of another type. */
export function serviceExtension(service: TreeNode, name: string, root: TreeNode): ServiceExtension {
  const node = get(service, 'x-moorage')
  const at = `services.${name}.x-moorage`
  if (node && node.kind !== 'map')
    throw invalid(node, at, 'it is not a map', 'Write keys below it, such as as: DATABASE_URL.')
  checkKeys(node, at, KEYS)
  const ready = get(node, 'ready')
  if (ready && ready.kind !== 'list') throw invalid(ready, `${at}.ready`, 'it is not a list', 'Write a list of probes.')
  const hostAccess = get(node, 'hostAccess')
  const as = textOf(get(node, 'as'))
  const protocol = textOf(get(node, 'protocol'))
  const variables = textMap(get(node, 'variables'))
  return {
    ignore: isTrue(get(node, 'ignore')),
    hostPorts: isTrue(get(node, 'hostPorts') ?? get(root, 'x-moorage', 'hostPorts')),
    ...(as === undefined ? {} : { as }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(ready ? { ready: toPlain(ready) as unknown as readonly Probe[] } : {}),
    ...(Object.keys(variables).length ? { variables } : {}),
    ...(hostAccess ? { hostAccess: toPlain(hostAccess) as Json as unknown as true | readonly number[] } : {}),
  }
}

/** The same for the whole file. */
export function checkFileExtension(root: TreeNode): void {
  checkKeys(get(root, 'x-moorage'), 'x-moorage', ['hostPorts', 'attach'])
}

function checkKeys(node: TreeNode | undefined, at: string, known: readonly string[]): void {
  for (const [key, value] of entriesOf(node)) {
    if (known.includes(key)) continue
    const meant = closestWord(key, known)
    throw invalid(
      value,
      `${at}.${key}`,
      'there is no such key',
      meant === undefined ? `The keys are ${known.join(', ')}.` : `Did you mean ${meant}?`,
    )
  }
}
