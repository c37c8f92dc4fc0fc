import { siblingModule, type ProviderRef } from '@moorage/core/provider'
import { checkOptions, type DockerOptions } from './options.ts'

export type { DockerOptions } from './options.ts'

/** Runs services as containers of a Docker Engine, through `testcontainers`. Throws `MoorageError` (CONFIG_INVALID). */
export function docker(options: DockerOptions = {}): ProviderRef {
  checkOptions(options)
  return { name: 'docker', module: siblingModule(import.meta.url, 'provider'), options: { ...options } }
}
