import {
  HOST_ACCESS_NAME,
  readFileTrees,
  serviceHostName,
  type ContainerUnit,
  type Exit,
  type HostPortProxies,
  type Report,
  type Run,
  type Unit,
  type UnitSpec,
} from '@moorage/core/provider'
import type { Client } from './engine/client.ts'
import type { ContainerRoute } from './endpoint.ts'
import { joinNetwork, type RunNetwork } from './engine/network.ts'
import type { SdkContainerSettings } from './engine/sdk-container.ts'
import { provideImage } from './engine/pull.ts'
import type { RunNetworks } from './engine/run-networks.ts'
import type { RunVolumes } from './engine/run-volumes.ts'
import { ignoreConnectionLost, isConnectionLost } from './errors.ts'
import { runLabels } from './labels.ts'
import { removeRunContainers } from './stop.ts'
import { createOptions } from './container/create-options.ts'
import { planFolders } from './container/plan-folders.ts'
import { hostConfig } from './container/host-config.ts'
import { fixedPortInUse, isPortInUse, portBindings, requireFreePorts } from './container/port-bindings.ts'
import { toStartError } from './container/start-errors.ts'
import { createUnit } from './unit.ts'
import { waitForExit } from './container/wait-for-exit.ts'

/** What the starts of one session share. */
export interface SessionContext {
  readonly client: Promise<Client>
  readonly run: Run
  readonly report: Report
  /** The default network, once everything that must exist before the services does. */
  readonly network: Promise<RunNetwork>
  readonly networks: RunNetworks
  readonly volumes: RunVolumes
  readonly hostPortProxies: HostPortProxies
  readonly isPodman: boolean
}

/**
 * Starts a service as a container. Resolves when the container runs; core then checks whether it is ready. Throws
 * `MoorageError` (IMAGE_NOT_FOUND, START_FAILED), or rejects with the reason of the signal.
 */
export async function startUnit(context: SessionContext, spec: UnitSpec, signal: AbortSignal): Promise<Unit> {
  const { run, report } = context
  const unit = spec.container as ContainerUnit
  const { image, platform, pull, hostAccess } = unit
  signal.throwIfAborted()
  const client = await context.client
  await provideImage(client, { service: spec.name, image, platform, pull }, { report, signal })
  await context.network
  const joined = await joinedNetworks(context, spec)
  const volumes = await namedVolumes(context, unit)
  const extraHosts = hostAccess
    ? [`${HOST_ACCESS_NAME}:${await context.hostPortProxies.openSamePorts(hostAccess === true ? [] : hostAccess)}`]
    : []
  signal.throwIfAborted()
  report.phase(spec.name, 'start')
  const name = `moorage-${run.id}-${serviceHostName(spec.name)}`
  const [{ network }] = joined
  await requireFreePorts(spec, network)
  for (let attempt = 1; ; attempt++) {
    const settings = containerSettings({ context, spec, joined, volumes, name, extraHosts })
    try {
      return await startContainer(context, client, { spec, network, joined, name, settings, signal })
    } catch (error) {
      signal.throwIfAborted()
      if (isConnectionLost(error)) throw error
      if (isPortInUse(error)) {
        const clash = fixedPortInUse(error, spec)
        if (clash) throw clash
        if (attempt < MAX_ATTEMPTS) continue
      }
      throw toStartError(error, { service: spec.name, image, settings: unit })
    }
  }
}

/** A network that a service joins, with the names that it has there. */
interface JoinedNetwork {
  readonly network: RunNetwork
  readonly aliases: readonly string[]
}

/** At least one network. */
async function joinedNetworks(
  { networks }: SessionContext,
  spec: UnitSpec,
): Promise<readonly [JoinedNetwork, ...JoinedNetwork[]]> {
  const { networks: named = {}, aliases = [] } = spec.container as ContainerUnit
  const join = async (name?: string): Promise<JoinedNetwork> => ({
    network: await networks.get(name),
    aliases: [serviceHostName(spec.name), ...aliases, ...((name === undefined ? {} : named[name])?.aliases ?? [])],
  })
  const [first, ...others] = Object.keys(named)
  return [await join(first), ...(await Promise.all(others.map(join)))]
}

async function namedVolumes(
  { volumes }: SessionContext,
  { volumes: mounts = {} }: ContainerUnit,
): Promise<ReadonlyMap<string, string>> {
  const names = [...new Set(Object.values(mounts).map(({ volume }) => volume))]
  return new Map(await Promise.all(names.map(async (name) => [name, await volumes.get(name)] as const)))
}

interface ContainerStart {
  readonly spec: UnitSpec
  readonly network: RunNetwork
  readonly joined: readonly JoinedNetwork[]
  readonly name: string
  readonly settings: Omit<SdkContainerSettings, 'onCreated'>
  readonly signal: AbortSignal
}

const MAX_ATTEMPTS = 5

/** Creates and starts the container. When that fails, the container is removed. */
async function startContainer(
  { run, report }: SessionContext,
  client: Client,
  { spec, network, joined, name, settings, signal }: ContainerStart,
): Promise<Unit> {
  const { host, call } = client.engine
  const { image, restart } = spec.container as ContainerUnit
  report.journal({ kind: 'container', name, host })
  const exit = Promise.withResolvers<Exit>()
  const restarted = Promise.withResolvers<void>()
  const route: ContainerRoute = { client, network, containerId: name }
  const onRestart = (): void => {
    restarted.resolve()
    // The container can have another address.
    delete route.networkSettings
  }
  const onCreated = async (id: string): Promise<void> => {
    route.containerId = id
    report.journal({ kind: 'container', id, host })
    for (const { network: further, aliases } of joined.slice(1))
      await joinNetwork(call, further, { containerId: id, aliases })
    // Before the start, so that it sees even a container that ends at once.
    void waitForExit(call, id, { restart, onRestart }).then(exit.resolve)
  }
  const starting = client.createContainer(image, { ...settings, onCreated }).start()
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    // The SDK waits for the container's ports, and a container that has already ended never has any.
    await Promise.race([starting, exit.promise, restarted.promise, aborted.promise])
  } catch (error) {
    await removeRunContainers(client, run.id, name).catch(ignoreConnectionLost)
    await Promise.race([starting.catch(() => {}), exit.promise])
    await removeRunContainers(client, run.id, name).catch(ignoreConnectionLost)
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
  starting.catch(() => {})
  return createUnit({ route, spec, name, exit: exit.promise })
}

function containerSettings({
  context: { run, isPodman },
  spec,
  joined: [first],
  volumes,
  name,
  extraHosts,
}: {
  context: SessionContext
  spec: UnitSpec
  joined: readonly [JoinedNetwork, ...JoinedNetwork[]]
  volumes: ReadonlyMap<string, string>
  name: string
  extraHosts: readonly string[]
}): Omit<SdkContainerSettings, 'onCreated'> {
  const unit = spec.container as ContainerUnit
  const network = { name: first.network.name, aliases: first.aliases }
  const ports = portBindings(spec, first.network)
  const fileTrees = readFileTrees(unit.files)
  const folders = planFolders(unit, { fileTrees, isPodman })
  return {
    createOptions: createOptions({ spec, name, labels: runLabels(run), ports, network }),
    network: first.network.name,
    hostConfig: hostConfig({ unit, ports, folders, volumes, extraHosts }),
    delivery: {
      fileTrees,
      folders: folders.created,
      ...(unit.readOnlyRoot
        ? { roots: [...folders.volumes.map(({ path }) => path), ...Object.keys(unit.volumes ?? {})] }
        : {}),
    },
  }
}
