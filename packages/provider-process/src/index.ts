import { rejectUnknownOptions, siblingModule, type ProviderRef } from '@moorage/core/provider'

/**
 * Runs services as plain processes on this machine, without an engine and without images. Throws `MoorageError`
 * (CONFIG_INVALID) for any option, since it has none.
 */
export function plainProcess(options: { readonly [name: string]: never } = {}): ProviderRef {
  rejectUnknownOptions('plainProcess', options, {})
  return { name: 'process', module: siblingModule(import.meta.url, 'provider'), options: {} }
}
