import type { Provider, ProviderRef } from '../contract/provider.ts'
import type { System } from './system.ts'

export type ProviderLoader = (ref: ProviderRef) => Promise<Provider>

/** Loads each provider once. `root` gives the project folder, from which packages are resolved. */
export function createCachedProviderLoader({ loadProvider }: System, root: () => string): ProviderLoader {
  const loaded = new Map<string, Promise<Provider>>()
  return (ref) => {
    const key = `${ref.module} ${JSON.stringify(ref.options)}`
    const provider = loaded.get(key) ?? loadProvider(ref, root())
    loaded.set(key, provider)
    return provider
  }
}
