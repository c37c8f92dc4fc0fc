import { dirname, isAbsolute, join } from 'node:path'
import { closestWord, MoorageError } from '@moorage/core'
import { showPath, showPosition } from '../yaml/format-position.ts'
import { entriesOf, get, getMap, map, textOf, withEntries, type MapNode, type TreeNode } from '../yaml/tree.ts'
import type { LoadContext } from './load-context.ts'
import { prepareDocuments, readDocuments } from './load-file.ts'
import { mergeTrees, withoutTags } from './merge.ts'

interface Origin {
  /** The path of the file that the services are from. */
  readonly file: string
  readonly services: MapNode
  readonly context: LoadContext
}

/**
 * Merges every service of a file with the one that it extends. Throws `MoorageError` (CONFIG_INVALID) for a service or
 * file that does not exist, and for services that extend each other.
 */
export function applyExtends(root: MapNode, context: LoadContext): MapNode {
  const services = getMap(root, 'services')
  if (!services) return root
  const origin = { file: root.at.file, services, context }
  const resolved = entriesOf(services).map(([name]) => [name, resolveService(name, origin, [])] as const)
  return withEntries(root, { services: { ...services, entries: map(resolved, services.at).entries } })
}

function resolveService(name: string, origin: Origin, path: readonly string[]): TreeNode {
  const service = get(origin.services, name)
  if (service?.kind !== 'map') return service ?? map([], origin.services.at)
  const extended = get(service, 'extends')
  if (!extended) return service
  const step = `${showPath(origin.file)} services.${name}`
  if (path.includes(step))
    throw new MoorageError(
      'CONFIG_INVALID',
      `${showPosition(extended.at)}: services.${name}.extends: ${[...path, step].map(nameOfStep).join(' → ')}: these services extend each other in a cycle.`,
      { hint: 'Remove one extends.' },
    )
  const base = resolveBase(name, extended, origin, [...path, step])
  const own = withEntries(service, { extends: undefined })
  return base.kind === 'map' ? mergeTrees(mergeTrees(map([], service.at), base, 'services.*'), own, 'services.*') : own
}

function resolveBase(name: string, extended: TreeNode, origin: Origin, path: readonly string[]): TreeNode {
  const target = textOf(extended) ?? textOf(get(extended, 'service')) ?? ''
  const file = get(extended, 'file')
  const from = file ? loadOrigin(file, origin) : origin
  if (get(from.services, target)) return resolveService(target, from, path)
  const meant = closestWord(target, [...from.services.entries.keys()])
  throw new MoorageError(
    'CONFIG_INVALID',
    `${showPosition(extended.at)}: services.${name}.extends: ${showPath(from.file)} has no service '${target}'.`,
    {
      hint:
        meant === undefined
          ? `Its services are ${[...from.services.entries.keys()].join(', ')}.`
          : `Did you mean ${meant}?`,
    },
  )
}

function loadOrigin(file: TreeNode, { context }: Origin): Origin {
  const text = textOf(file) ?? ''
  const path = isAbsolute(text) ? text : join(context.base, text)
  const inner = { ...context, base: dirname(path) }
  const root = withoutTags(prepareDocuments(readDocuments(path, file.at), inner))
  return { file: path, services: getMap(root, 'services') ?? map([], file.at), context: inner }
}

function nameOfStep(step: string): string {
  return step.slice(step.lastIndexOf('services.') + 'services.'.length)
}
