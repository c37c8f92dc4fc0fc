import type { Json } from '../contract/json.ts'
import type { Ports } from '../contract/provider.ts'
import type { ExternalAddress } from './reserve-host-ports.ts'
import type { RunSecrets } from './run-secrets.ts'

/** The values that the templates of one service can use. */
export interface TemplateScope {
  /** A field of another service's connection, as this service reaches it. */
  ref(path: readonly string[]): Json
  /** A field of the service's own address. */
  self(path: readonly string[]): Json
  /** A secret of the service. */
  secret(name: string): string
}

/** What the templates of one service are resolved from, except for its address. */
export interface ScopeInput {
  readonly service: string
  /** The ports that the service listens on. */
  readonly ports: Ports
  readonly secrets: RunSecrets
  /** Where this machine will reach its ports. Default: where it listens. */
  readonly external?: ExternalAddress
  /** Looks up a field of another service's connection. */
  ref(path: readonly string[]): Json
}

/** Resolves `$self` to the address that the service listens on, as it is before the service has started. */
export function listeningScope(input: ScopeInput): TemplateScope {
  const [main] = Object.values(input.ports)
  const ports = Object.fromEntries(
    Object.entries(input.ports).map(([name, port]) => [name, { host: '127.0.0.1', port }]),
  )
  const listening = { host: '127.0.0.1', port: main ?? 0, ports }
  return addressScope(input, { ...listening, external: externalFields(input) ?? listening })
}

function externalFields({ external, ports }: ScopeInput): Json | undefined {
  if (!external) return undefined
  const { host } = external
  const [main = ''] = Object.keys(ports)
  const each = Object.entries(external.ports).map(([name, port]) => [name, { host, port }] as const)
  return { host, port: external.ports[main] ?? 0, ports: Object.fromEntries(each) }
}

/** Resolves `$self` to a field of this address. */
export function addressScope({ service, secrets, ref }: ScopeInput, address: Json): TemplateScope {
  return {
    ref,
    self: (path) => getPath(address, path),
    secret: (name) => secrets.get(service, name),
  }
}

/** The value at a path of keys. */
export function getPath(value: Json, path: readonly string[]): Json {
  return path.reduce((object, key) => (object as { readonly [key: string]: Json })[key] as Json, value)
}
