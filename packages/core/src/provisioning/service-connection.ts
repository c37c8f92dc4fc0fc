import { resolveConnection } from '../config/template.ts'
import type { Json } from '../contract/json.ts'
import type { Endpoint } from '../contract/provider.ts'
import type { Form, PlainConnection } from '../contract/service.ts'
import { addressScope, type ScopeInput } from './template-scope.ts'

/** The connection of a service whose ports have the addresses that `endpointOf` returns. */
export async function connectionAt(
  endpointOf: (port: number) => Promise<Endpoint>,
  form: Form,
  input: ScopeInput,
): Promise<PlainConnection> {
  const names = Object.keys(input.ports)
  const endpoints = await Promise.all(names.map((name) => endpointOf(input.ports[name] as number)))
  const ports = Object.fromEntries(names.map((name, i) => [name, { ...endpoints[i] }]))
  const address: Json = { ...endpoints[0], ports } as Json
  return resolveConnection(form.connection, addressScope(input, address))
}

/** The connection that a URL describes, for a service that the user runs. */
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

// IANA's registered ports of the schemes that the presets use.
const DEFAULT_PORTS: { readonly [protocol: string]: number } = {
  'http:': 80,
  'https:': 443,
  'mongodb:': 27017,
  'postgres:': 5432,
  'postgresql:': 5432,
  'redis:': 6379,
  'rediss:': 6379,
}
