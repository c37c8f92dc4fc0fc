import type { AnyConfig, Connection, ServiceSpec, Template } from '@moorage/core'
import { isSensitiveName, serviceHostName } from '@moorage/core/runner'

/** What stands for a secret. */
export const REDACTED = '***'

type Services = AnyConfig['services']

/** A template as another service of the run would read it. Secrets are struck out. */
export function renderedText(template: Template, service: string, services: Services): string {
  if (typeof template !== 'object') return String(template)
  if ('$secret' in template) return REDACTED
  if ('$encode' in template) return renderedText(template.$encode, service, services)
  if ('$join' in template) return template.$join.map((part) => renderedText(part, service, services)).join('')
  if ('$self' in template) return ownAddress(template.$self, service, services[service])
  const [target = '', ...path] = template.$ref
  let found: Template | Connection | undefined = connectionOf(services[target])
  for (const key of path) found = (found as { readonly [key: string]: Template | Connection } | undefined)?.[key]
  return found === undefined ? '' : renderedText(found as Template, target, services)
}

/** The variables of a service. Values of names such as PASSWORD are struck out. */
export function renderedVariables(
  env: { readonly [name: string]: Template } | undefined,
  service: string,
  services: Services,
): { readonly [name: string]: string } {
  const entries = Object.entries(env ?? {}).map(([name, value]) => [
    name,
    isSensitiveName(name) ? REDACTED : withoutPassword(renderedText(value, service, services)),
  ])
  return Object.fromEntries(entries) as { [name: string]: string }
}

/** Strikes out the password of a URL. */
function withoutPassword(text: string): string {
  return text.replace(/\b([a-z][a-z0-9+.-]*:\/\/[^/:@\s]*):[^/@\s]+@/gi, `$1:${REDACTED}@`)
}

/** Its host name and the ports that it listens on. */
function ownAddress(path: readonly string[], service: string, spec: ServiceSpec | undefined): string {
  const [field, name, inner] = path
  const ports = spec?.ports ?? {}
  if (field === 'host' || inner === 'host') return serviceHostName(service)
  const port = field === 'port' ? Object.values(ports)[0] : ports[name ?? '']
  return String(port ?? '')
}

function connectionOf(spec: ServiceSpec | undefined): Connection | undefined {
  return spec?.container?.connection ?? spec?.process?.connection
}
