import { siblingModule, type ProviderRef } from '@moorage/core/provider'

/** Runs services as plain processes on this machine, without an engine and without images. */
export function plainProcess(): ProviderRef {
  return { name: 'process', module: siblingModule(import.meta.url, 'provider'), options: {} }
}
