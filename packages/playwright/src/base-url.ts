import { MoorageError, type Json } from '@moorage/core'

type Connections = { readonly [name: string]: { readonly [field: string]: Json } }

/** URL of the service that pages are relative to; none where it would be a guess. */
export function baseUrlOf(connections: object, named: string | undefined): string | undefined {
  const services = connections as Connections
  if (named !== undefined) return urlOf(services, named)
  const pages = Object.keys(services).filter((name) => /^https?:/.test(String(services[name]?.['url'])))
  const chosen = pages.includes('web') ? 'web' : pages.length === 1 ? pages[0] : undefined
  return chosen === undefined ? undefined : urlOf(services, chosen)
}

function urlOf(services: Connections, name: string): string {
  const url = services[name]?.['url']
  if (typeof url === 'string') return url
  const problem = services[name] ? 'has no URL' : 'does not run here'
  throw new MoorageError('USAGE', `use.baseService: services.${name} ${problem}.`, {
    hint: `There are ${Object.keys(services).join(', ')}.`,
  })
}
