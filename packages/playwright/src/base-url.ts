import { MoorageError, type Json } from '@moorage/core'

type Connections = { readonly [name: string]: { readonly [field: string]: Json } }

/**
 * The URL that pages are relative to: that of `baseService`, else of the service `web`, else of the only service with
 * an http URL. Undefined if it is ambiguous. Throws `MoorageError` (USAGE) if `baseService` has no URL.
 */
export function resolveBaseUrl(connections: object, baseService: string | undefined): string | undefined {
  const services = connections as Connections
  if (baseService !== undefined) return serviceUrl(services, baseService)
  const sites = Object.keys(services).filter((name) => /^https?:/.test(String(services[name]?.['url'])))
  const chosen = sites.includes('web') ? 'web' : sites.length === 1 ? sites[0] : undefined
  return chosen === undefined ? undefined : serviceUrl(services, chosen)
}

function serviceUrl(services: Connections, name: string): string {
  const service = Object.hasOwn(services, name) ? services[name] : undefined
  const url = service?.['url']
  if (typeof url === 'string') return url
  const problem = service ? 'has no URL' : 'is not running here'
  throw new MoorageError('USAGE', `use.baseService: services.${name} ${problem}.`, {
    hint: `The services are ${Object.keys(services).join(', ')}.`,
  })
}
