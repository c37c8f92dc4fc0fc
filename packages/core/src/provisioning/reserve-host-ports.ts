import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { templatesIn } from '../config/find-templates.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Ports, Provider, Session } from '../contract/provider.ts'
import type { ServiceSpec } from '../contract/service.ts'

/** The address at which this machine will reach a container, known before it starts. */
export interface ExternalAddress {
  readonly host: string
  /** Ports on this machine, by the port's name. Only those that the service refers to, or that the config fixes. */
  readonly ports: Ports
}

// Below the ports that Linux gives to outgoing connections.
const [FIRST_PORT, PORTS_END] = [20_000, 32_768]
const MAX_ATTEMPTS = 100

/**
 * Chooses the ports on this machine that a container refers to by `external()`; undefined if it refers to none.
 * `reserved` are the ports that services of the run have. Throws `MoorageError` (OPTION_UNSUPPORTED) if the provider
 * cannot fix a port.
 */
export async function reserveExternalAddress(
  service: string,
  {
    spec,
    placement,
  }: { readonly spec: ServiceSpec; readonly placement: { readonly provider: Provider; readonly session: Session } },
  reserved: Set<number>,
): Promise<ExternalAddress | undefined> {
  const { provider, session } = placement
  const used = externalPorts(spec)
  if (!used || provider.form !== 'container') return undefined
  if (!session.hostAddress)
    throw new MoorageError(
      'OPTION_UNSUPPORTED',
      `services.${service} uses external(), which provider ${provider.name} does not support: it cannot fix a port.`,
      { service, provider: provider.name, hint: 'Use Docker or Kubernetes.' },
    )
  const host = await session.hostAddress()
  const ports: { [name: string]: number } = { ...spec.container?.hostPorts }
  for (const name of used) ports[name] ??= await freePort(reserved)
  return { host, ports }
}

/** The names of the ports whose external address a service uses; undefined if it uses neither a port nor the host. */
function externalPorts(spec: ServiceSpec): ReadonlySet<string> | undefined {
  const paths = [...templatesIn(spec.container)].flatMap((template) =>
    '$self' in template && template.$self[0] === 'external' ? [template.$self] : [],
  )
  if (!paths.length) return undefined
  const [main] = Object.keys(spec.ports)
  const names = paths.flatMap(([, field, name]) =>
    field === 'port' ? (main ?? []) : field === 'ports' ? (name ?? []) : [],
  )
  return new Set(names)
}

async function freePort(reserved: Set<number>): Promise<number> {
  for (let n = 0; n < MAX_ATTEMPTS; n++) {
    const port = randomInt(FIRST_PORT, PORTS_END)
    if (reserved.has(port) || !(await isFree(port))) continue
    reserved.add(port)
    return port
  }
  throw new MoorageError(
    'PORT_IN_USE',
    `Found no free port among ${MAX_ATTEMPTS} of ${FIRST_PORT} to ${PORTS_END - 1}.`,
  )
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
