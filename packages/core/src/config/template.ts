import type { Json } from '../contract/json.ts'
import type { Connection, PlainConnection, Template } from '../contract/service.ts'

/** What a template's reader knows. */
export interface Scope {
  /** A field of another service's connection, as this reader reaches it. */
  ref(path: readonly string[]): Json
  /** A field of the service's own address. */
  self(path: readonly string[]): Json
  secret(name: string): string
}

/** Fills in a template. */
export function resolve(template: Template, scope: Scope): string | number {
  if (typeof template !== 'object') return template
  if ('$ref' in template) return scope.ref(template.$ref) as string | number
  if ('$self' in template) return scope.self(template.$self) as string | number
  if ('$secret' in template) return scope.secret(template.$secret)
  if ('$encode' in template) return encodeURIComponent(resolve(template.$encode, scope))
  return template.$join.map((part) => String(resolve(part, scope))).join('')
}

export function resolveText(template: Template, scope: Scope): string {
  return String(resolve(template, scope))
}

export function resolveConnection(connection: Connection, scope: Scope): PlainConnection {
  const fields = Object.entries(connection).map(([field, value]) => [
    field,
    isTemplate(value) ? resolve(value, scope) : resolveConnection(value, scope),
  ])
  return Object.fromEntries(fields) as PlainConnection
}

/** Walks every template inside a value. */
export function* templatesIn(value: unknown): Generator<Exclude<Template, string | number>> {
  if (typeof value !== 'object' || value === null) return
  if (isTemplate(value as Connection)) yield value as Exclude<Template, string | number>
  for (const item of Object.values(value)) yield* templatesIn(item)
}

export function isTemplate(value: Template | Connection): value is Template {
  if (typeof value !== 'object') return true
  const [key] = Object.keys(value)
  return key === '$ref' || key === '$self' || key === '$secret' || key === '$join' || key === '$encode'
}
