import {
  HOST_ACCESS_NAME,
  MoorageError,
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
import type { RunNetwork } from './engine/network.ts'
import type { SdkContainerSettings } from './engine/sdk-container.ts'
import { pullIfMissing } from './engine/pull.ts'
import { ignoreConnectionLost, isConnectionLost, refusalMessage } from './errors.ts'
import { runLabels } from './labels.ts'
import { removeRunContainers } from './stop.ts'
import { planTmpfs } from './container/tmpfs.ts'
import { createUnit } from './unit.ts'
import { waitForExit } from './container/wait-for-exit.ts'

/** What the starts of one session share. */
export interface SessionContext {
  readonly client: Promise<Client>
  readonly run: Run
  readonly report: Report
  readonly network: Promise<RunNetwork>
  readonly hostPortProxies: HostPortProxies
  readonly isPodman: boolean
}

/**
 * Starts a service as a container. Resolves when the container runs; core then checks whether it is ready. Throws
 * `MoorageError` (IMAGE_NOT_FOUND, START_FAILED), or rejects with the reason of the signal.
 */
export async function startUnit(context: SessionContext, spec: UnitSpec, signal: AbortSignal): Promise<Unit> {
  const { run, report } = context
  const { image, hostAccess } = spec.container as ContainerUnit
  signal.throwIfAborted()
  const client = await context.client
  await pullIfMissing(client, { service: spec.name, image }, { report, signal })
  const network = await context.network
  const extraHosts = hostAccess
    ? [`${HOST_ACCESS_NAME}:${await context.hostPortProxies.openSamePorts(hostAccess === true ? [] : hostAccess)}`]
    : []
  signal.throwIfAborted()
  report.phase(spec.name, 'start')
  const name = `moorage-${run.id}-${serviceHostName(spec.name)}`
  const settings = containerSettings({ context, spec, network, name, extraHosts })
  for (let attempt = 1; ; attempt++) {
    try {
      const container = await startContainer(context, client, { image, name, settings, signal })
      return createUnit({ client, network, spec, name, ...container })
    } catch (error) {
      signal.throwIfAborted()
      if (isConnectionLost(error)) throw error
      if (attempt === MAX_ATTEMPTS || !PORT_IN_USE.test(refusalMessage(error))) throw toStartError(error, spec, image)
    }
  }
}

interface ContainerStart {
  readonly image: string
  readonly name: string
  readonly settings: Omit<SdkContainerSettings, 'onCreated'>
  readonly signal: AbortSignal
}

// The engine chooses a port and then listens on it. Meanwhile another program can have taken it.
const PORT_IN_USE = /address already in use|port is already allocated|ports are not available/i
const MAX_ATTEMPTS = 5

/** Creates and starts the container. When that fails, the container is removed. */
async function startContainer(
  { run, report }: SessionContext,
  client: Client,
  { image, name, settings, signal }: ContainerStart,
): Promise<{ readonly containerId: string; readonly exit: Promise<Exit> }> {
  const { host, call } = client.engine
  report.journal({ kind: 'container', name, host })
  const exit = Promise.withResolvers<Exit>()
  let containerId = name
  const onCreated = async (id: string): Promise<void> => {
    containerId = id
    report.journal({ kind: 'container', id, host })
    // Before the start, so that it sees even a container that ends at once.
    void waitForExit(call, id).then(exit.resolve)
  }
  const starting = client.createContainer(image, { ...settings, onCreated }).start()
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    // The SDK waits for the container's ports, and a container that has already ended never has any.
    await Promise.race([starting, exit.promise, aborted.promise])
  } catch (error) {
    await removeRunContainers(client, run.id, name).catch(ignoreConnectionLost)
    await Promise.race([starting.catch(() => {}), exit.promise])
    await removeRunContainers(client, run.id, name).catch(ignoreConnectionLost)
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
  starting.catch(() => {})
  return { containerId, exit: exit.promise }
}

function containerSettings({
  context: { run, isPodman },
  spec,
  network,
  name,
  extraHosts,
}: {
  context: SessionContext
  spec: UnitSpec
  network: RunNetwork
  name: string
  extraHosts: readonly string[]
}): Omit<SdkContainerSettings, 'onCreated'> {
  const container = spec.container as ContainerUnit
  const ports = Object.values(spec.ports).map((port) => `${port}/tcp`)
  const fileTrees = readFileTrees(container.files)
  const tmpfs = planTmpfs(container, { fileTrees, isPodman })
  return {
    createOptions: {
      name,
      Labels: runLabels(run),
      Env: Object.entries(spec.env).map(([variable, value]) => `${variable}=${value}`),
      ExposedPorts: Object.fromEntries(ports.map((port) => [port, {}])),
      NetworkingConfig: { EndpointsConfig: { [network.name]: { Aliases: [serviceHostName(spec.name)] } } },
      ...(container.command ? { Cmd: container.command } : {}),
      ...(container.entrypoint ? { Entrypoint: container.entrypoint } : {}),
      ...(container.user === undefined ? {} : { User: container.user }),
      ...(container.workingDir === undefined ? {} : { WorkingDir: container.workingDir }),
    },
    network: network.name,
    hostConfig: {
      PortBindings: Object.fromEntries(ports.map((port) => [port, [{ HostIp: network.bindAddress, HostPort: '0' }]])),
      SecurityOpt: ['no-new-privileges'],
      // The engine's own driver may keep no logs, or keep them where the engine cannot read them.
      LogConfig: LOG_CONFIG,
      ...(extraHosts.length ? { ExtraHosts: extraHosts } : {}),
      Tmpfs: tmpfs.mounts,
      Mounts: tmpfs.volumes.map(({ path }) => ({ Type: 'volume', Target: path, VolumeOptions: { NoCopy: true } })),
    },
    delivery: { fileTrees, folders: tmpfs.volumes },
  }
}

// Source: Docker documentation, "json-file" and "local" drivers: both are built in, and can be read from the first line.
const LOG_CONFIG = { Type: 'json-file', Config: {} }

function toStartError(error: unknown, { name }: UnitSpec, image: string): MoorageError {
  const refusal = refusalMessage(error)
  const details = { service: name, provider: 'docker', phase: 'start' as const, cause: error }
  if (/executable file .*not found|exec: .*(no such file or directory|permission denied)/i.test(refusal)) {
    return new MoorageError('START_FAILED', `services.${name}.command: ${image} cannot run it.`, {
      ...details,
      hint: `The engine says: ${refusal}\nCorrect the command; it must exist inside the image.`,
    })
  }
  return new MoorageError('START_FAILED', `services.${name}: the engine did not start it.`, {
    ...details,
    hint: `The engine says: ${refusal}`,
  })
}
