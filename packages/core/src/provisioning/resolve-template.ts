import { isIPv6 } from 'node:net'
import { bracketed } from '../config/parse-service-url.ts'
import { isTemplate } from '../config/find-templates.ts'
import type { Connection, PlainConnection, Template } from '../contract/service.ts'
import type { TemplateScope } from './template-scope.ts'

/** Resolves a template to its value. */
export function resolveTemplate(template: Template, scope: TemplateScope): string | number {
  if (typeof template !== 'object') return template
  if ('$ref' in template) return scope.ref(template.$ref) as string | number
  if ('$self' in template) return scope.self(template.$self) as string | number
  if ('$secret' in template) return scope.secret(template.$secret)
  if ('$encode' in template) return encodeURIComponent(resolveTemplate(template.$encode, scope))
  return joinParts(template.$join.map((part) => String(resolveTemplate(part, scope))))
}

/** Joins the parts of a text. An IPv6 address gets brackets where the host of a URL stands, or a port follows. */
function joinParts(parts: readonly string[]): string {
  return parts.reduce((text, part, i) => {
    const isHost = /(\/\/|@)$/.test(text) || /^:(\d|$)/.test(parts[i + 1] ?? '')
    return text + (isHost && isIPv6(part) ? bracketed(part) : part)
  }, '')
}

/** Resolves a template to text. */
export function resolveText(template: Template, scope: TemplateScope): string {
  return String(resolveTemplate(template, scope))
}

/** Resolves every template of a connection. */
export function resolveConnection(connection: Connection, scope: TemplateScope): PlainConnection {
  const fields = Object.entries(connection).map(([field, value]) => [
    field,
    isTemplate(value) ? resolveTemplate(value, scope) : resolveConnection(value, scope),
  ])
  return Object.fromEntries(fields) as PlainConnection
}
