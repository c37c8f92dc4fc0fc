import type { PlannedService } from '../config/plan.ts'
import type { Json } from '../contract/json.ts'
import type { Endpoint } from '../contract/running-unit.ts'
import type { Form, PlainConnection } from '../contract/service.ts'
import { connectionViaHost, givenUrlViaHost } from './host-access.ts'
import { isNeeded } from './plan-diff.ts'
import { connectionFromUrl } from './given-url.ts'
import { resolveConnection } from './resolve-template.ts'
import type { Placement, RunningService, StartContext } from './start-context.ts'
import { addressScope, getPath, type ScopeInput } from './template-scope.ts'

/** The connection of one service as seen from different places. */
export interface ConnectionViews {
  /** From this machine. Tests get this one. */
  readonly host: PlainConnection
  /** From the other services of the same session. */
  readonly network: PlainConnection
  /** From containers, of a service that runs on this machine. */
  readonly viaHost?: PlainConnection
}

/** The connection views of the services that another service needs, by name. */
export type NeededViews = { readonly [service: string]: ConnectionViews }

/** The views of a running service, from every place where a service of the plan needs it. */
export async function connectionViews(
  context: StartContext,
  name: string,
  { unit, form, scopeInput }: RunningService,
): Promise<ConnectionViews> {
  const endpointFrom =
    (place: 'host' | 'network') =>
    async (port: number): Promise<Endpoint> =>
      await unit.endpoint(port, place)
  const host = await connectionAt(endpointFrom('host'), form, scopeInput)
  const viaHost = await connectionViaHost(context, name, (expose) =>
    connectionAt(async (port) => await expose((await unit.endpoint(port, 'host')).port), form, scopeInput),
  )
  // Asked for only if needed: an engine may learn the inner address only after the service answers.
  const network = isNeeded(context.plan.services, name)
    ? await connectionAt(endpointFrom('network'), form, scopeInput)
    : host
  return { host, network, ...(viaHost ? { viaHost } : {}) }
}

/** The views of a service that the user runs. */
export async function givenConnectionViews(context: StartContext, name: string): Promise<ConnectionViews> {
  const connection = connectionFromUrl((context.plan.services[name] as PlannedService).given ?? '')
  const viaHost = await givenUrlViaHost(context, name)
  return { host: connection, network: connection, ...(viaHost ? { viaHost } : {}) }
}

/**
 * Resolves `[service, ...path]` as `consumer` sees that service: by the inner address within one session, through the
 * host access from a container, and by the address on this machine otherwise.
 */
export function resolveReference(
  { placements }: StartContext,
  { name: consumer, needed }: { readonly name: string; readonly needed: NeededViews },
  [target = '', ...path]: readonly string[],
): Json {
  const { session, provider } = placements.get(consumer) as Placement
  const { host, network, viaHost } = needed[target] as ConnectionViews
  if (session === placements.get(target)?.session) return getPath(network as Json, path)
  return getPath(((provider.form === 'container' ? viaHost : undefined) ?? host) as Json, path)
}

/** The connection of a service whose ports have the addresses that `endpointOf` returns. */
async function connectionAt(
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
