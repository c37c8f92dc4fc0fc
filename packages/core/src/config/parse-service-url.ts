import { isSensitiveName } from '../provider-kit/debug-log.ts'

/** A URL as drivers accept it, which is more than RFC 3986 allows: several hosts, none, or an unencoded password. */
export interface ServiceUrl {
  /** In lower case, without the colon. */
  readonly scheme: string
  /** As written. */
  readonly username?: string
  /** As written. */
  readonly password?: string
  readonly hosts: readonly UrlHost[]
  /** With its slash; empty without one. */
  readonly path: string
  readonly query: URLSearchParams
}

export interface UrlHost {
  /** Without the brackets of an IPv6 address. Empty where the URL names none. */
  readonly host: string
  readonly port?: number
}

// A shorter value, such as `test`, would also strike ordinary words out of a text.
const MIN_SECRET_CHARACTERS = 6

const HOST = String.raw`(?:\[[^\]\s]*\]|[^\s/?#@,:[\]]*)(?::\d+)?`
const HOSTS = String.raw`(?<hosts>${HOST}(?:,${HOST})*)(?=[/?#]|$)`
const SCHEME = String.raw`^(?<scheme>[a-z][a-z0-9+.-]*):\/\/`
const TAIL = String.raw`(?<path>[^?#]*)(?:\?(?<query>[^#]*))?`

// A password ends at the last @ of the authority, in the first form. The others allow an unencoded / or # or ? in it.
const FORMS = [
  String.raw`(?<user>[^/?#]*)@(?![^?#]*@)`,
  '',
  String.raw`(?<user>[^?]*)@`,
  String.raw`(?<user>.*?)@`,
].map((user) => new RegExp(`${SCHEME}${user}${HOSTS}${TAIL}`, 'is'))

/** Undefined for a text that names no server, such as `sqlite:file.db`. */
export function parseServiceUrl(url: string): ServiceUrl | undefined {
  const match = FORMS.map((form) => form.exec(url)).find((found) => found !== null)
  if (!match?.groups) return undefined
  const { scheme = '', user, hosts = '', path = '', query = '' } = match.groups
  const colon = user?.indexOf(':') ?? -1
  const password = colon < 0 ? undefined : user?.slice(colon + 1)
  const username = colon < 0 ? user : user?.slice(0, colon)
  return {
    scheme: scheme.toLowerCase(),
    ...(username ? { username } : {}),
    ...(password ? { password } : {}),
    hosts: hosts.split(/,(?![^[]*\])/).map(parseHost),
    path,
    query: new URLSearchParams(query),
  }
}

/** Scheme, host, port and path of a URL, for output: credentials can stand in the user part and in the query. */
export function displayUrl(url: string): string {
  const parsed = parseServiceUrl(url)
  if (!parsed) return `${/^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0] ?? ''}…`
  const hosts = parsed.hosts.map(({ host, port }) => `${bracketed(host)}${port === undefined ? '' : `:${port}`}`)
  return `${parsed.scheme}://${hosts.join(',')}${parsed.path}`
}

/** The texts of a URL that must not be shown: its password in every spelling, and secrets in its query. */
export function urlSecrets(url: string): readonly string[] {
  const { username = '', password, hosts = [], path = '', query, scheme = '' } = parseServiceUrl(url) ?? {}
  const inQuery = [...(query ?? [])].flatMap(([name, value]) => (isSensitiveName(name) ? [value] : []))
  const spellings = [password, ...inQuery]
    .filter((secret) => secret !== undefined && secret !== '')
    .flatMap((secret = '') => [secret, decode(secret), encodeURIComponent(decode(secret))])
  const shown = new Set([username, path.slice(1), scheme, ...hosts.map(({ host }) => host)].map(decode))
  const alone = spellings.filter((text) => text.length >= MIN_SECRET_CHARACTERS && !shown.has(decode(text)))
  // A short password is struck out where it stands in a URL.
  const inUrls = password === undefined ? [] : [`:${password}@`, `:${decode(password)}@`]
  return [...new Set([...alone, ...inUrls])]
}

/** Percent-decoded; a text with a bare `%` stays as it is. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** As a host stands in a URL: an IPv6 address in brackets. */
export function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function parseHost(text: string): UrlHost {
  const [, host = '', port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? []
  const bare = decode(host.replace(/^\[|\]$/g, ''))
  return port === undefined ? { host: bare } : { host: bare, port: Number(port) }
}
