import { siblingModule, type JsonObject, type ProviderRef } from '@moorage/core/provider'
import type { KubernetesOptions } from './options.ts'

export type { KubernetesOptions } from './options.ts'

/**
 * Runs each service as a bare pod on a Kubernetes cluster. Tests reach the pods by forwards through the Kubernetes API,
 * or by their IP addresses.
 *
 * Throws nothing: a cluster that cannot be used fails the start with MoorageError (PROVIDER_UNAVAILABLE).
 */
export function kubernetes(options: KubernetesOptions = {}): ProviderRef {
  return {
    name: 'kubernetes',
    module: siblingModule(import.meta.url, 'provider'),
    options: { ...options } as JsonObject,
  }
}
