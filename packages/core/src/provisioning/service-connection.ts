import type { Json } from '../contract/json.ts'
import type { Endpoint, Ports } from '../contract/provider.ts'
import type { Form, PlainConnection } from '../contract/service.ts'
import type { Secrets } from './secrets.ts'
import { resolveConnection, type TemplateScope } from '../config/template.ts'

/** From where an address is seen: this machine, or a sibling service in the same session. */
export type View = 'host' | 'network'

/** A service's connection, as seen from where its ports have these addresses. */
export async function connectionFrom(
  endpointAt: (port: number) => Promise<Endpoint>,
  form: Form,
  parts: ScopeParts,
): Promise<PlainConnection> {
  const names = Object.keys(parts.ports)
  const endpoints = await Promise.all(names.map((name) => endpointAt(parts.ports[name] as number)))
  const ports = Object.fromEntries(names.map((name, i) => [name, { ...endpoints[i] }]))
  const address: Json = { ...endpoints[0], ports } as Json
  return resolveConnection(form.connection, scopeOf(parts, address))
}

export interface ScopeParts {
  readonly service: string
  readonly ports: Ports
  readonly secrets: Secrets
  /** Looks up another service's field. */
  ref(path: readonly string[]): Json
}

/** What a service knows of itself while it starts: what it listens on. */
export function ownScope(parts: ScopeParts): TemplateScope {
  const [main] = Object.values(parts.ports)
  const ports = Object.fromEntries(
    Object.entries(parts.ports).map(([name, port]) => [name, { host: '127.0.0.1', port }]),
  )
  return scopeOf(parts, { host: '127.0.0.1', port: main ?? 0, ports })
}

function scopeOf({ service, secrets, ref }: ScopeParts, address: Json): TemplateScope {
  return {
    ref,
    self: (path) => getPath(address, path),
    secret: (name) => secrets.get(service, name),
  }
}

export function getPath(value: Json, path: readonly string[]): Json {
  return path.reduce((at, key) => (at as { readonly [key: string]: Json })[key] as Json, value)
}

/** The connection of a service that the user runs: what its URL says. */
export function connectionFromUrl(url: string): PlainConnection {
  const { hostname, port, username, password, pathname, protocol } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  return {
    url,
    host,
    port: port ? Number(port) : (DEFAULT_PORTS[protocol] ?? 0),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {}),
    ...(pathname.length > 1 ? { database: decodeURIComponent(pathname.slice(1)) } : {}),
  }
}

// IANA's registered ports of the schemes that the presets speak.
const DEFAULT_PORTS: { readonly [protocol: string]: number } = {
  'http:': 80,
  'https:': 443,
  'mongodb:': 27017,
  'postgres:': 5432,
  'postgresql:': 5432,
  'redis:': 6379,
  'rediss:': 6379,
}
