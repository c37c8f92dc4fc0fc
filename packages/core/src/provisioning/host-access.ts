import type { PlannedService } from '../config/plan.ts'
import { templatesIn } from '../config/find-templates.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Provider, Session } from '../contract/provider.ts'
import type { Endpoint } from '../contract/running-unit.ts'
import type { PlainConnection } from '../contract/service.ts'
import { connectionFromUrl, dialableServers, withServer } from './given-url.ts'
import type { StartContext } from './start-context.ts'

type NamedService = readonly [name: string, planned: PlannedService]

/**
 * Throws `MoorageError` (OPTION_UNSUPPORTED) if a container needs the loopback of this machine and the provider cannot
 * give it access. `services` are the ones that run on the provider, `all` are those of the plan.
 */
export async function requireHostAccess(
  provider: Provider,
  services: readonly NamedService[],
  all: readonly NamedService[],
): Promise<void> {
  const onHost = all
    .filter(([, planned]) => (planned.given === undefined ? planned.spec.placement === 'host' : isLocal(planned)))
    .map(([name]) => name)
  for (const [name, { spec }] of services) {
    const target = onHost.find((hostService) => refersTo(spec.container, hostService))
    if (target === undefined && spec.container?.hostAccess === undefined) continue
    const problem = provider.hostAccess
      ? await provider.hostAccess()
      : { reason: 'it gives containers no access to this machine', fix: 'Use docker or kubernetes.' }
    if (!problem) return
    const message =
      target === undefined
        ? `services.${name}.hostAccess is not supported by provider ${provider.name}`
        : `services.${name} uses services.${target}, which runs on this machine, but provider ${provider.name} does not support that`
    throw new MoorageError('OPTION_UNSUPPORTED', `${message}: ${problem.reason}.`, {
      service: name,
      provider: provider.name,
      hint: problem.fix,
    })
  }
}

/** The connection of a service on this machine as containers that refer to it dial it; undefined if none does. */
export async function connectionViaHost(
  context: StartContext,
  name: string,
  connectionThrough: (expose: (port: number) => Promise<Endpoint>) => Promise<PlainConnection>,
): Promise<PlainConnection | undefined> {
  const session = consumerSession(context, name)
  if (!session) return undefined
  return await connectionThrough(async (port) => await (session.expose as NonNullable<Session['expose']>)(port))
}

/** The same for a service that the user runs on this machine. */
export async function givenUrlViaHost(context: StartContext, name: string): Promise<PlainConnection | undefined> {
  const planned = context.plan.services[name] as PlannedService
  const [server] = dialableServers(planned.given ?? '')
  if (!server || !isLocal(planned)) return undefined
  return await connectionViaHost(context, name, async (expose) =>
    connectionFromUrl(withServer(planned.given ?? '', await expose(server.port)) ?? ''),
  )
}

/** The session of the containers that refer to a service outside of it. A run has at most one such session. */
function consumerSession({ plan, placements }: StartContext, name: string): Session | undefined {
  const containers = Object.entries(plan.services)
    .filter(([, { spec }]) => refersTo(spec.container, name))
    .flatMap(([consumer]) => placements.get(consumer) ?? [])
    .filter(({ provider }) => provider.form === 'container')
  return containers.find(({ session }) => session !== placements.get(name)?.session)?.session
}

function refersTo(form: object | undefined, name: string): boolean {
  return [...templatesIn(form)].some((template) => '$ref' in template && template.$ref[0] === name)
}

function isLocal({ given }: PlannedService): boolean {
  const servers = given === undefined ? [] : dialableServers(given)
  return servers.length === 1 && /^(localhost|127(\.\d+){3}|::1)$/.test(servers[0]?.host ?? '')
}
