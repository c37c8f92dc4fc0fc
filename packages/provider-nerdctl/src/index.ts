import { siblingModule, type ProviderRef } from '@moorage/core/provider'
import { checkOptions, type NerdctlOptions } from './options.ts'

export type { NerdctlOptions } from './options.ts'

/** Runs services as containers of containerd, through the program `nerdctl`. Throws `MoorageError` (CONFIG_INVALID). */
export function nerdctl(options: NerdctlOptions = {}): ProviderRef {
  checkOptions(options)
  return { name: 'nerdctl', module: siblingModule(import.meta.url, 'provider'), options: { ...options } }
}
