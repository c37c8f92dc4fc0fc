import { moduleBeside, type ProviderRef } from '@moorage/core'

/** Services as plain processes on this machine: no engine, no images. */
export function process(): ProviderRef {
  return { name: 'process', module: moduleBeside(import.meta.url, 'provider'), options: {} }
}
