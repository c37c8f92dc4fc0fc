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
