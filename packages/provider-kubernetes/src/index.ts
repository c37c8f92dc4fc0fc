import { siblingModule, type JsonObject, type ProviderRef } from '@moorage/core/provider'
import { checkOptions, type KubernetesOptions } from './options.ts'

export type { KubernetesOptions } from './options.ts'

/**
 * Runs each service as a bare pod on a Kubernetes cluster. Tests reach the pods by forwards through the Kubernetes API,
 * or by their IP addresses.
 *
 * Throws `MoorageError` (CONFIG_INVALID) for an unknown option. A cluster that cannot be used fails the start with
 * PROVIDER_UNAVAILABLE.
 */
export function kubernetes(options: KubernetesOptions = {}): ProviderRef {
  checkOptions(options)
  return {
    name: 'kubernetes',
    module: siblingModule(import.meta.url, 'provider'),
    options: { ...options } as JsonObject,
  }
}
