import type { Connection, Template } from '../contract/service.ts'

/** Yields every template inside a value that is not a plain string or number. */
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
