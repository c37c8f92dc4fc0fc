import type { BuildModule, ImageBuilders } from '../contract/builder.ts'
import type { Owner, Provider, ProviderModule, ProviderRef } from '../contract/provider.ts'
import { monotonicClock, type Clock } from '../provider-kit/clock.ts'
import { currentOwner, isAlive } from '../provider-kit/process-identity.ts'
import { takeLock, type ProcessLock } from './process-lock.ts'

/** What a supervisor needs of the machine. A simulation passes its own. */
export interface System {
  readonly clock: Clock
  /** This process. */
  readonly owner: Owner
  isAlive(owner: Owner): boolean
  takeLock(path: string): ProcessLock | undefined
  /** Imports a provider's module. Packages that it needs are resolved from `root`. */
  loadProvider(ref: ProviderRef, root: string): Promise<Provider>
}

export function realSystem(): System {
  return {
    clock: monotonicClock,
    owner: currentOwner(),
    isAlive,
    takeLock: process.platform === 'win32' ? () => ({ release: () => {} }) : takeLock,
    loadProvider,
  }
}

/** Imports a provider's module. Packages that it needs are resolved from `root`. */
export async function loadProvider(ref: ProviderRef, root: string): Promise<Provider> {
  const module = (await import(ref.module)) as ProviderModule
  return module.provider(ref.options, { root })
}

/** Imports a module with builders. Its `provider` also serves a sweep, which finds the module in a journal. */
export async function loadBuilders(ref: ProviderRef, root: string): Promise<ImageBuilders> {
  const module = (await import(ref.module)) as BuildModule
  return module.provider(ref.options, { root })
}
