import { siblingModule, type ProviderRef } from '@moorage/core/provider'

export { build, type BuildOptions } from './build-option.ts'

/** The builders as plain data. Their module loads in the supervisor, and only if a service is built. */
export function imageBuilders(): ProviderRef {
  return { name: 'build', module: siblingModule(import.meta.url, 'builders'), options: {} }
}
