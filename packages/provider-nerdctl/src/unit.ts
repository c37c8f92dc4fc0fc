import {
  serviceHostName,
  SHELL_IN_CONTAINER,
  type ContainerUnit,
  type Exit,
  type Unit,
  type UnitSpec,
} from '@moorage/core/provider'
import { findPortProblem, resolveEndpoint, type ContainerRoute } from './endpoint.ts'
import { readHealthCheck } from './engine/image-health-check.ts'
import { execInUnit } from './exec.ts'
import { readLogs } from './logs.ts'
import { stopUnit } from './stop.ts'

export interface RunningContainer extends ContainerRoute {
  readonly spec: UnitSpec
  readonly exit: Promise<Exit>
  /** Holds the container's log. */
  readonly logFolder: string
}

/** The unit of a running container. */
export function createUnit(container: RunningContainer): Unit {
  const { nerdctl, spec, name, logFolder: folder } = container
  const { image, stopGrace } = spec.container as ContainerUnit
  let stopping: Promise<void> | undefined
  let endedAt: number | undefined
  void container.exit.then(() => (endedAt = performance.now()))
  const log = { folder, endedAt: () => endedAt }
  return {
    endpoint: (port, from) =>
      from === 'network'
        ? Promise.resolve({ host: serviceHostName(spec.name), port })
        : resolveEndpoint(container, port),
    portProblem: (port, signal) => findPortProblem(container, port, signal),
    imageHealthCheck: () => readHealthCheck(nerdctl, image),
    logs: (options) => readLogs(log, options),
    // Never settles once the unit is being stopped.
    exited: container.exit.then((exit) => (stopping ? new Promise<never>(() => {}) : exit)),
    stop: () => (stopping ??= stopUnit(nerdctl, name, stopGrace)),
    shell: (isTerminal) => ({
      command: [
        nerdctl.program,
        ...nerdctl.globalArguments,
        'exec',
        isTerminal ? '-it' : '-i',
        name,
        ...SHELL_IN_CONTAINER,
      ],
    }),
    exec: (command, signal) => execInUnit(nerdctl, { name, command }, signal),
  }
}
