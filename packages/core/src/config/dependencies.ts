import { MoorageError } from '../contract/errors.ts'
import type { Condition, ServiceSpec } from '../contract/service.ts'
import { templatesIn } from './find-templates.ts'

export type Needs = { readonly [service: string]: Condition }

type Specs = { readonly [name: string]: ServiceSpec }

/**
 * The services that a service needs: those in its option `needs` and those that it refers to. Throws `MoorageError`
 * (CONFIG_INVALID) for an unknown name, field or condition.
 */
export function resolveNeeds(name: string, spec: ServiceSpec, all: Specs): Needs {
  const names = Object.keys(all)
  const needs: Record<string, Condition> = {}
  for (const template of templatesIn(spec)) {
    if ('$self' in template) checkExternal(name, spec, template.$self)
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
          hint: `Its fields are ${fields}.`,
        },
      )
    }
    needs[target] = 'ready'
  }
  if (spec.needs !== undefined && (typeof spec.needs !== 'object' || Array.isArray(spec.needs)))
    throw new MoorageError('CONFIG_INVALID', `services.${name}.needs is not an object of conditions by service.`, {
      service: name,
      hint: "Write needs: { db: 'ready' }.",
    })
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
    // A reference is resolved once its service is ready, so `started` cannot weaken its condition.
    if (needs[target] !== 'ready' || condition === 'completed') needs[target] = condition
  }
  return needs
}

/** The first cycle of needs, as the names along it. */
export function findCycle(services: {
  readonly [name: string]: { readonly needs: Needs }
}): readonly string[] | undefined {
  const visited = new Set<string>()
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    const start = path.indexOf(name)
    if (start >= 0) return path.slice(start)
    if (visited.has(name)) return undefined
    for (const next of Object.keys(services[name]?.needs ?? {})) {
      const cycle = visit(next, [...path, name])
      if (cycle) return cycle
    }
    visited.add(name)
    return undefined
  }
  for (const name of Object.keys(services)) {
    const cycle = visit(name, [])
    if (cycle) return cycle
  }
  return undefined
}

/** Looks at own keys only, because every object inherits names such as `toString`. */
function specOf(all: Specs, name = ''): ServiceSpec | undefined {
  return Object.hasOwn(all, name) ? all[name] : undefined
}

function connectionShape(spec: ServiceSpec): object {
  return { ...spec.process?.connection, ...spec.container?.connection }
}

function hasField(spec: ServiceSpec, path: readonly string[]): boolean {
  let value: unknown = connectionShape(spec)
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    value = (value as Record<string, unknown>)[key]
  }
  return true
}

function unknownService(source: string, names: readonly string[]): MoorageError {
  return new MoorageError('CONFIG_INVALID', `${source}: the config has no service of that name.`, {
    hint: `Its services are ${names.join(', ')}.`,
  })
}

/** Throws for `external('x')` where the service has no port `x`. */
function checkExternal(service: string, { ports }: ServiceSpec, [kind, field, port]: readonly string[]): void {
  const names = Object.keys(ports)
  if (kind !== 'external' || field === 'host' || (field === 'port' ? names.length : names.includes(port ?? ''))) return
  const call = field === 'port' ? 'external()' : `external('${port}')`
  throw new MoorageError('CONFIG_INVALID', `services.${service} uses ${call}, but it has no such port.`, {
    service,
    hint: names.length ? `Its ports are ${names.join(', ')}.` : 'Add ports: { main: 8080 }.',
  })
}
