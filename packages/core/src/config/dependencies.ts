import { MoorageError } from '../contract/errors.ts'
import type { Condition, ServiceSpec } from '../contract/service.ts'
import { templatesIn } from './template.ts'

export type Needs = { readonly [service: string]: Condition }

type Specs = { readonly [name: string]: ServiceSpec }

/** What a service says that it needs, and what its references need. Throws for a name that is not there. */
export function resolveNeeds(name: string, spec: ServiceSpec, all: Specs): Needs {
  const names = Object.keys(all)
  const needs: Record<string, Condition> = {}
  for (const template of templatesIn(spec)) {
    if (!('$ref' in template)) continue
    const [target, ...path] = template.$ref
    const referred = specOf(all, target)
    if (target === undefined || !referred) throw unknownService(`services.${name} refers to '${target}'`, names)
    if (!hasField(referred, path)) {
      const fields = Object.keys(connectionShape(referred)).join(', ')
      throw new MoorageError(
        'CONFIG_INVALID',
        `services.${name} uses ${target}.${path.join('.')}, which services.${target} does not have.`,
        {
          service: name,
          hint: `It has ${fields}.`,
        },
      )
    }
    needs[target] = 'ready'
  }
  for (const [target, condition] of Object.entries(spec.needs ?? {})) {
    if (!specOf(all, target)) throw unknownService(`services.${name}.needs.${target}`, names)
    if (condition !== 'started' && condition !== 'ready' && condition !== 'completed') {
      throw new MoorageError(
        'CONFIG_INVALID',
        `services.${name}.needs.${target}: '${String(condition)}' is not a condition.`,
        {
          service: name,
          hint: "Use 'started', 'ready' or 'completed'.",
        },
      )
    }
    // A reference can be filled in once its service is ready; less would be a wish that cannot hold.
    if (needs[target] !== 'ready' || condition === 'completed') needs[target] = condition
  }
  return needs
}

/** The first circle among needs, as the names on its way. */
export function findCycle(services: {
  readonly [name: string]: { readonly needs: Needs }
}): readonly string[] | undefined {
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    const start = path.indexOf(name)
    if (start >= 0) return path.slice(start)
    if (done.has(name)) return undefined
    for (const next of Object.keys(services[name]?.needs ?? {})) {
      const cycle = visit(next, [...path, name])
      if (cycle) return cycle
    }
    done.add(name)
    return undefined
  }
  for (const name of Object.keys(services)) {
    const cycle = visit(name, [])
    if (cycle) return cycle
  }
  return undefined
}

/** Its own keys alone: every object has a `toString`. */
function specOf(all: Specs, name = ''): ServiceSpec | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined
}

function connectionShape(spec: ServiceSpec): object {
  return { ...spec.process?.connection, ...spec.container?.connection }
}

function hasField(spec: ServiceSpec, path: readonly string[]): boolean {
  let at: unknown = connectionShape(spec)
  for (const key of path) {
    if (typeof at !== 'object' || at === null || !(key in at)) return false
    at = (at as Record<string, unknown>)[key]
  }
  return true
}

function unknownService(what: string, names: readonly string[]): MoorageError {
  return new MoorageError('CONFIG_INVALID', `${what}: there is no service of that name in the config.`, {
    hint: `There are ${names.join(', ')}.`,
  })
}
