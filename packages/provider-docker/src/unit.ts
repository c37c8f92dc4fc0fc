import {
  serviceHostName,
  SHELL_IN_CONTAINER,
  type ContainerUnit,
  type Exit,
  type Unit,
  type UnitSpec,
} from '@moorage/core/provider'
import { findPortProblem, resolveEndpoint, type ContainerRoute } from './endpoint.ts'
import { ignoreConnectionLost } from './errors.ts'
import { execInUnit } from './exec.ts'
import { readHealthCheck } from './engine/image-health-check.ts'
import { readLogs } from './logs.ts'
import { stopUnit } from './stop.ts'

export interface RunningContainer {
  readonly route: ContainerRoute
  readonly spec: UnitSpec
  readonly name: string
  readonly exit: Promise<Exit>
}

// A stop signal is sent for a container that expects one.
const DEFAULT_GRACE_SECONDS = 1

/** The unit of a running container. */
export function createUnit(container: RunningContainer): Unit {
  const { route, spec, name } = container
  const { client, network, containerId } = route
  const {
    image,
    tty,
    restart = 'no',
    stopSignal,
    stopGrace = stopSignal === undefined ? undefined : DEFAULT_GRACE_SECONDS,
  } = spec.container as ContainerUnit
  let stopping: Promise<void> | undefined
  const stopped = Promise.withResolvers<void>()
  const lastExit = restart === 'no' ? undefined : Promise.race([container.exit, stopped.promise])
  return {
    endpoint: (port, from) =>
      from === 'network' ? Promise.resolve({ host: serviceHostName(spec.name), port }) : resolveEndpoint(route, port),
    ...(network.hasLocalBridge
      ? { portProblem: (port: number, signal: AbortSignal) => findPortProblem(route, port, signal) }
      : {}),
    inspect: `docker logs ${name}`,
    logs: (options) => readLogs(client, { containerId, tty, lastExit }, options),
    // Never settles once the unit is being stopped.
    exited: container.exit.then((exit) => (stopping ? new Promise<never>(() => {}) : exit)),
    stop() {
      stopped.resolve()
      return (stopping ??= stopUnit(client.engine.call, containerId, stopGrace).catch(ignoreConnectionLost))
    },
    imageHealthCheck: () => readHealthCheck(client, image),
    shell: (isTerminal) => ({
      command: ['docker', '--host', client.engine.host, 'exec', isTerminal ? '-it' : '-i', name, ...SHELL_IN_CONTAINER],
    }),
    exec: (command, signal) => execInUnit(client, { containerId, command }, signal),
  }
}
