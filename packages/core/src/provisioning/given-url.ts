import { decode, parseServiceUrl, type UrlHost } from '../config/parse-service-url.ts'
import type { PlainConnection } from '../contract/service.ts'

/** A server that a URL names, with its port. */
export type UrlServer = Required<UrlHost>

/** The connection that a URL describes, for a service that the user runs. The URL is passed on as it is. */
export function connectionFromUrl(url: string): PlainConnection {
  const { username, password, path = '' } = parseServiceUrl(url) ?? {}
  const [first] = urlHosts(url)
  return {
    url,
    host: first?.host ?? '',
    port: first?.port ?? 0,
    ...(username ? { username: decode(username) } : {}),
    ...(password ? { password: decode(password) } : {}),
    ...(path.length > 1 ? { database: decode(path.slice(1)) } : {}),
  }
}

/**
 * The servers that can be dialled by TCP; empty for a socket file, a DNS seed list, or a scheme without a known port.
 */
export function dialableServers(url: string): readonly UrlServer[] {
  if (parseServiceUrl(url)?.scheme.endsWith('+srv')) return []
  return urlHosts(url).filter(
    (server): server is UrlServer => server.port !== undefined && server.host !== '' && !server.host.startsWith('/'),
  )
}

/** The URL with its one server replaced; undefined if it names several, or none. */
export function withServer(url: string, { host, port }: UrlServer): string | undefined {
  const parsed = parseServiceUrl(url)
  const [only, ...others] = parsed?.hosts ?? []
  if (!parsed || !only?.host || others.length) return undefined
  const start = /^[^:]*:\/\//.exec(url)?.[0] ?? ''
  const { username, password } = parsed
  const user =
    username === undefined && password === undefined
      ? ''
      : `${username ?? ''}${password === undefined ? '' : `:${password}`}@`
  const rest = url.slice(start.length + user.length).replace(/^(?:\[[^\]]*\]|[^/?#:]*)(?::\d+)?/, '')
  return `${start}${user}${host}:${port}${rest}`
}

/** libpq and others read `host` and `port` from the query as well. */
function urlHosts(url: string): readonly UrlHost[] {
  const { hosts = [], query, scheme = '' } = parseServiceUrl(url) ?? {}
  const host = query?.get('host')
  const named = hosts.length === 1 && hosts[0]?.host === '' && host ? [{ ...hosts[0], host }] : hosts
  const port = Number(query?.get('port')) || DEFAULT_PORTS[scheme]
  return named.map((server) => (server.port === undefined && port !== undefined ? { ...server, port } : server))
}

// IANA's registered ports of the schemes that the presets use.
const DEFAULT_PORTS: { readonly [scheme: string]: number } = {
  http: 80,
  https: 443,
  mongodb: 27017,
  'mongodb+srv': 27017,
  postgres: 5432,
  postgresql: 5432,
  redis: 6379,
  rediss: 6379,
}
