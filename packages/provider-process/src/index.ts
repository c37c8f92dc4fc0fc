import { siblingModule, type ProviderRef } from '@moorage/core/provider'

/** Services as plain processes on this machine: no engine, no images. */
export function process(): ProviderRef {
  return { name: 'process', module: siblingModule(import.meta.url, 'provider'), options: {} }
}
