import { closestWord, MoorageError } from '@moorage/core'
import { showPosition } from '../yaml/format-position.ts'
import { entriesOf, get, itemsOf, textOf, toPlain, type Position, type TreeNode } from '../yaml/tree.ts'
import type { Project } from './read-project.ts'

/** Which services of a project run. */
export interface Selection {
  /** Profiles by the option or variable that names them. */
  readonly profiles: readonly { readonly name: string; readonly by: string }[]
  /** Only these and what they depend on. Default: all. */
  readonly services?: readonly string[]
}

/**
 * The names of the services that run. Throws `MoorageError` (CONFIG_INVALID) for a service or a profile that does not
 * exist, for a service that depends on one that does not run, and for services that depend on each other.
 */
export function selectServices(
  { services, root }: Project,
  { profiles, services: named }: Selection,
): readonly string[] {
  const all = new Map(entriesOf(services))
  if (!all.size)
    throw new MoorageError('CONFIG_INVALID', `${showPosition(root.at)}: the file has no services.`, {
      hint: 'Add the key services with at least one service.',
    })
  const known = new Set([...all.values()].flatMap(profilesOf))
  for (const { name, by } of profiles) {
    if (name === '*' || known.has(name)) continue
    const meant = closestWord(name, [...known])
    throw new MoorageError('CONFIG_INVALID', `${by}: no service has the profile '${name}'.`, {
      hint: meant === undefined ? `The profiles are ${[...known].join(', ') || 'none'}.` : `Did you mean ${meant}?`,
    })
  }
  for (const name of named ?? []) if (!all.has(name)) throw unknownService(`compose({ services })`, name, all)
  const active = new Set([
    ...profiles.map(({ name }) => name),
    ...(named ?? []).flatMap((name) => profilesOf(all.get(name))),
  ])
  const runs = (name: string): boolean => {
    const own = profilesOf(all.get(name))
    return own.length === 0 || active.has('*') || own.some((profile) => active.has(profile))
  }
  const selected = new Set<string>()
  const visit = (name: string, path: readonly string[]): void => {
    const cycle = path.indexOf(name)
    if (cycle >= 0) {
      const chain = [...path.slice(cycle), name].join(' → ')
      const at = showPosition(positionOf(all.get(name), 'depends_on'))
      throw new MoorageError(
        'CONFIG_INVALID',
        `${at}: depends_on: ${chain}: these services depend on each other in a cycle.`,
        {
          hint: 'Remove one entry of depends_on.',
        },
      )
    }
    if (selected.has(name)) return
    for (const { target, required, at } of dependenciesOf(all.get(name))) {
      const where = `${showPosition(at)}: services.${name}.depends_on`
      if (!all.has(target)) {
        if (required) throw unknownService(where, target, all)
      } else if (runs(target)) visit(target, [...path, name])
      else if (required)
        throw new MoorageError(
          'CONFIG_INVALID',
          `${where}: services.${target} runs only with the profile ${profilesOf(all.get(target)).join(' or ')}.`,
          {
            hint: `Add the profile: compose(…, { profiles: ['${profilesOf(all.get(target))[0]}'] }) or COMPOSE_PROFILES, or write required: false.`,
          },
        )
    }
    selected.add(name)
  }
  for (const name of named ?? [...all.keys()].filter(runs)) visit(name, [])
  return [...all.keys()].filter((name) => selected.has(name))
}

interface Dependency {
  readonly target: string
  readonly condition: string
  readonly required: boolean
  readonly at: Position
}

/** What a service depends on, by `depends_on` and `links`. */
export function dependenciesOf(service: TreeNode | undefined): readonly Dependency[] {
  const written = entriesOf(get(service, 'depends_on')).map(([target, value]) => ({
    target,
    condition: textOf(get(value, 'condition')) ?? 'service_started',
    required: textOf(get(value, 'required')) !== 'false',
    at: value.at,
  }))
  const linked = itemsOf(get(service, 'links')).map((link) => ({
    target: (textOf(link) ?? '').split(':')[0] ?? '',
    condition: 'service_started',
    required: true,
    at: link.at,
  }))
  return [...written, ...linked.filter(({ target }) => !written.some((other) => other.target === target))]
}

function profilesOf(service: TreeNode | undefined): readonly string[] {
  const profiles = get(service, 'profiles')
  return profiles ? [toPlain(profiles)].flat().map(String) : []
}

function positionOf(service: TreeNode | undefined, key: string): Position {
  return get(service, key)?.at ?? service?.at ?? { file: '', line: 1, column: 1 }
}

function unknownService(where: string, name: string, all: ReadonlyMap<string, TreeNode>): MoorageError {
  const names = [...all.keys()]
  const meant = closestWord(name, names)
  return new MoorageError('CONFIG_INVALID', `${where}: there is no service '${name}'.`, {
    hint: meant === undefined ? `The services are ${names.join(', ')}.` : `Did you mean ${meant}?`,
  })
}
