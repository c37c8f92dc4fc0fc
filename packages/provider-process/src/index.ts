import { siblingModule, type ProviderRef } from '@moorage/core/provider'
import { checkOptions, type PlainProcessOptions } from './options.ts'

/**
 * Runs services as plain processes on this machine, without an engine and without images. Throws `MoorageError`
 * (CONFIG_INVALID) for any option, since it has none.
 */
export function plainProcess(options: PlainProcessOptions = {}): ProviderRef {
  checkOptions(options)
  return { name: 'process', module: siblingModule(import.meta.url, 'provider'), options: {} }
}
