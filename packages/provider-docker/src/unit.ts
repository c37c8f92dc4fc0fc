import {
  exitSignal,
  serviceHostName,
  type ContainerUnit,
  type Exit,
  type Unit,
  type UnitSpec,
} from '@moorage/core/provider'
import { findPortProblem, resolveEndpoint, type ContainerRoute } from './endpoint.ts'
import type { Client } from './engine/client.ts'
import { callEngine } from './engine/http.ts'
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
    stop: () => (stopping ??= stopUnit(client.call, containerId, stopGrace).catch(ignoreConnectionLost)),
    exec: (command, signal) => execInUnit(client, { containerId, command }, signal),
  }
}

/** Waits for the container's next exit. Never rejects: where the wait fails, it resolves with the reason `lost`. */
export async function waitForExit({ dockerode, host }: Client, containerId: string): Promise<Exit> {
  try {
    // Without the SDK: its wait never settles when the engine dies while it runs.
    const path = `/containers/${containerId}/wait?condition=next-exit`
    const { text } = await callEngine(host, { method: 'POST', path })
    const { StatusCode: code } = JSON.parse(text) as { readonly StatusCode?: number }
    if (code === undefined) throw new RangeError(text)
    const container = await dockerode
      .getContainer(containerId)
      .inspect()
      .catch(() => undefined)
    return {
      reason: 'exited',
      code,
      ...(container?.State.OOMKilled ? { detail: 'out of memory' } : {}),
      ...(code > 128 ? exitSignal(code) : {}),
    }
  } catch {
    return { reason: 'lost', detail: 'the engine stopped answering, or another program removed the container' }
  }
}
