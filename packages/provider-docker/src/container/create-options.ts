import { serviceHostName, type ContainerUnit, type UnitSpec } from '@moorage/core/provider'
import type { PortBindings } from './port-bindings.ts'

export interface CreateInput {
  readonly spec: UnitSpec
  /** The container's name. */
  readonly name: string
  readonly labels: { readonly [name: string]: string }
  readonly ports: PortBindings
  /** The first network that it joins. */
  readonly network: { readonly name: string; readonly aliases: readonly string[] }
}

/** The top-level fields of a container. Source: Docker Engine API, "Create a container". */
export function createOptions({ spec, name, labels, ports, network }: CreateInput): object {
  const unit = spec.container as ContainerUnit
  return withoutUndefined({
    name,
    Hostname: unit.hostName ?? serviceHostName(spec.name),
    Labels: { ...unit.labels, ...labels },
    Env: Object.entries(spec.env).map(([variable, value]) => `${variable}=${value}`),
    // Other services of the run reach `udpPorts` without this.
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    NetworkingConfig: { EndpointsConfig: { [network.name]: { Aliases: network.aliases } } },
    // Core runs the health check, on every provider in the same way. The engine does not run it beside that.
    Healthcheck: { Test: ['NONE'] },
    Cmd: unit.command,
    Entrypoint: unit.entrypoint,
    User: unit.user,
    WorkingDir: unit.workingDir,
    StopSignal: unit.stopSignal,
    Tty: unit.tty,
    OpenStdin: unit.stdin,
    platform: unit.platform,
  })
}

/** Leaves fields out, so that the engine uses its own defaults, or the image's. */
export function withoutUndefined(fields: { readonly [name: string]: unknown }): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
