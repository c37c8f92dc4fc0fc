import type { ContainerUnit, JsonObject } from '@moorage/core/provider'
import type { KubernetesOptions } from '../options.ts'

// A limit reserves nothing on other engines. Without requests, Kubernetes would reserve the whole limit, and a pod
// might find no node.
const MAX_DEFAULT_REQUEST = { cpus: 0.1, memoryBytes: 128 * 1024 * 1024 }

/** Requests and limits of a container: those of the provider's options, and over them those of the service. */
export function containerResources(
  { resources: own = {} }: ContainerUnit,
  { resources: general = {} }: KubernetesOptions,
): JsonObject {
  const { cpus, memoryBytes } = own
  const given = {
    limits: { ...quantities(cpus, memoryBytes) },
    requests: { ...quantities(own.reservedCpus, own.reservedMemoryBytes) },
  }
  const defaultRequests = quantities(
    cpus === undefined ? undefined : Math.min(cpus, MAX_DEFAULT_REQUEST.cpus),
    memoryBytes === undefined ? undefined : Math.min(memoryBytes, MAX_DEFAULT_REQUEST.memoryBytes),
  )
  const limits = { ...(general['limits'] as JsonObject | undefined), ...given.limits }
  // A request of the options could exceed the limit of the service, which the API rejects.
  const requests = { ...(general['requests'] as JsonObject | undefined), ...defaultRequests, ...given.requests }
  return {
    ...general,
    ...(Object.keys(limits).length ? { limits } : {}),
    ...(Object.keys(requests).length ? { requests } : {}),
  }
}

/** In Kubernetes' format: thousandths of a CPU, and bytes. */
function quantities(cpus: number | undefined, memoryBytes: number | undefined): { readonly [name: string]: string } {
  return {
    ...(cpus === undefined ? {} : { cpu: `${Math.max(1, Math.round(cpus * 1_000))}m` }),
    ...(memoryBytes === undefined ? {} : { memory: String(memoryBytes) }),
  }
}
