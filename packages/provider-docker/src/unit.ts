import { serviceHostName, type ContainerUnit, type Exit, type Unit, type UnitSpec } from '@moorage/core/provider'
import { findPortProblem, resolveEndpoint, type ContainerRoute } from './endpoint.ts'
import { ignoreConnectionLost } from './errors.ts'
import { execInUnit } from './exec.ts'
import { readLogs } from './logs.ts'
import { stopUnit } from './stop.ts'

export interface RunningContainer extends ContainerRoute {
  readonly spec: UnitSpec
  readonly name: string
  readonly exit: Promise<Exit>
}

/** The unit of a running container. */
export function createUnit(container: RunningContainer): Unit {
  const { client, network, spec, name, containerId } = container
  const { stopGrace } = spec.container as ContainerUnit
  let stopping: Promise<void> | undefined
  return {
    endpoint: (port, from) =>
      from === 'network'
        ? Promise.resolve({ host: serviceHostName(spec.name), port })
        : resolveEndpoint(container, port),
    ...(network.hasLocalBridge
      ? { portProblem: (port: number, signal: AbortSignal) => findPortProblem(container, port, signal) }
      : {}),
    inspect: `docker logs ${name}`,
    logs: (options) => readLogs(client, containerId, options),
    // Never settles once the unit is being stopped.
    exited: container.exit.then((exit) => (stopping ? new Promise<never>(() => {}) : exit)),
    stop: () => (stopping ??= stopUnit(client.engine.call, containerId, stopGrace).catch(ignoreConnectionLost)),
    exec: (command, signal) => execInUnit(client, { containerId, command }, signal),
  }
}
