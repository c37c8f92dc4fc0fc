import { connectionFromUrl } from './service-connection.ts'
import { templatesIn } from '../config/template.ts'
import type { PlannedService } from '../config/plan.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Endpoint, Provider, Session } from '../contract/provider.ts'
import type { PlainConnection } from '../contract/service.ts'
import type { StartContext } from './start-context.ts'

type Named = readonly [name: string, planned: PlannedService]

/** A container reaches what listens on this machine's loopback only where its provider lets it in: else an error, before anything exists. */
export async function requireHostAccess(
  provider: Provider,
  services: readonly Named[],
  all: readonly Named[],
): Promise<void> {
  const onHost = all
    .filter(([, planned]) => (planned.given === undefined ? planned.spec.placement === 'host' : isLocal(planned)))
    .map(([name]) => name)
  for (const [name, { spec }] of services) {
    const target = onHost.find((to) => refersTo(spec.container, to))
    if (target === undefined && spec.container?.hostAccess === undefined) continue
    const problem = provider.hostAccess
      ? await provider.hostAccess()
      : { reason: 'it has no way to this machine', fix: 'Use docker or kubernetes.' }
    if (!problem) return
    const what =
      target === undefined
        ? `services.${name}.hostAccess`
        : `services.${name} uses services.${target}, which is on this machine, and that`
    throw new MoorageError(
      'OPTION_UNSUPPORTED',
      `${what} cannot be honoured by provider ${provider.name}: ${problem.reason}.`,
      { service: name, provider: provider.name, hint: problem.fix },
    )
  }
}

/** A service on this machine, as the containers that refer to it dial it; undefined where none does. */
export async function connectionViaHost(
  context: StartContext,
  name: string,
  connectionAt: (expose: (port: number) => Promise<Endpoint>) => Promise<PlainConnection>,
): Promise<PlainConnection | undefined> {
  const session = consumerSession(context, name)
  return session
    ? await connectionAt(async (port) => await (session.expose as NonNullable<Session['expose']>)(port))
    : undefined
}

/** The same for a service that the user runs on this machine. */
export async function givenUrlViaHost(context: StartContext, name: string): Promise<PlainConnection | undefined> {
  const planned = context.plan.services[name] as PlannedService
  if (!isLocal(planned)) return undefined
  return await connectionViaHost(context, name, async (expose) => {
    const url = new URL(planned.given ?? '')
    const { host, port } = await expose(connectionFromUrl(url.href)['port'] as number)
    return connectionFromUrl(Object.assign(url, { hostname: host, port: String(port) }).href)
  })
}

/** A run has one session that runs containers. */
function consumerSession({ plan, placed }: StartContext, name: string): Session | undefined {
  const consumers = Object.entries(plan.services).filter(([, { spec }]) => refersTo(spec.container, name))
  const guests = consumers
    .flatMap(([consumer]) => placed.get(consumer) ?? [])
    .filter(({ provider }) => provider.form === 'container')
  return guests.find(({ session }) => session !== placed.get(name)?.session)?.session
}

function refersTo(form: object | undefined, name: string): boolean {
  return [...templatesIn(form)].some((template) => '$ref' in template && template.$ref[0] === name)
}

function isLocal({ given }: PlannedService): boolean {
  return given !== undefined && /^(localhost|127(\.\d+){3}|\[?::1\]?)$/.test(String(connectionFromUrl(given)['host']))
}
