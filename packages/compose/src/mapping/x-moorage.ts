import { closestWord, type Json, type Probe, type Template } from '@moorage/core'
import { entriesOf, get, textOf, toPlain, type TreeNode } from '../yaml/tree.ts'
import { PRESET_IMAGES } from './known-image.ts'
import { urlTemplate } from './url-template.ts'
import { invalid, isTrue, textMap } from './values.ts'

/** What `x-moorage` says of a service. */
export interface ServiceExtension {
  /** The service is not started. Others that need it do without. */
  readonly ignore: boolean
  /** The environment variable for its URL. */
  readonly as?: string
  /** The repository of a known image that the service counts as. */
  readonly presetImage?: string
  /** Its URL. */
  readonly url?: Template
  /** The scheme of its URL. */
  readonly protocol?: string
  readonly ready?: readonly Probe[]
  /** Further variables for the tests. */
  readonly variables?: { readonly [name: string]: string }
  /** Published ports keep their numbers on this machine. */
  readonly hostPorts: boolean
  readonly hostAccess?: true | readonly number[]
}

const KEYS = ['ignore', 'as', 'preset', 'url', 'protocol', 'ready', 'variables', 'hostPorts', 'hostAccess']

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
  const url = urlTemplate(get(node, 'url'), `${at}.url`)
  const presetImage = presetImageOf(get(node, 'preset'), `${at}.preset`)
  const variables = textMap(get(node, 'variables'))
  return {
    ignore: isTrue(get(node, 'ignore')),
    hostPorts: isTrue(get(node, 'hostPorts') ?? get(root, 'x-moorage', 'hostPorts')),
    ...(as === undefined ? {} : { as }),
    ...(presetImage === undefined ? {} : { presetImage }),
    ...(url === undefined ? {} : { url }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(ready ? { ready: toPlain(ready) as unknown as readonly Probe[] } : {}),
    ...(Object.keys(variables).length ? { variables } : {}),
    ...(hostAccess ? { hostAccess: toPlain(hostAccess) as Json as unknown as true | readonly number[] } : {}),
  }
}

function presetImageOf(node: TreeNode | undefined, at: string): string | undefined {
  const preset = textOf(node)
  if (!node || preset === undefined) return undefined
  if (Object.hasOwn(PRESET_IMAGES, preset)) return PRESET_IMAGES[preset]
  const known = Object.keys(PRESET_IMAGES)
  const meant = closestWord(preset, known)
  const hint = meant === undefined ? `The presets are ${known.join(', ')}.` : `Did you mean ${meant}?`
  throw invalid(node, at, `there is no preset '${preset}'`, hint)
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
