import { siblingModule, type JsonObject, type ProviderRef } from '@moorage/core/provider'
import type { KubernetesOptions } from './options.ts'

export type { KubernetesOptions } from './options.ts'

/** Services as bare pods of a Kubernetes cluster; tests reach them by a forward through the API, or by their addresses. */
export function kubernetes(options: KubernetesOptions = {}): ProviderRef {
  return {
    name: 'kubernetes',
    module: siblingModule(import.meta.url, 'provider'),
    options: { ...options } as JsonObject,
  }
}
