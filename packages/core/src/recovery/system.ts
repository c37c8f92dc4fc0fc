import { monotonicClock, type Clock } from '../provider-kit/clock.ts'
import type { Owner, Provider, ProviderModule, ProviderRef } from '../contract/provider.ts'
import { isAlive, currentOwner } from '../provider-kit/process-identity.ts'
import { takeLock, type Lock } from './lock.ts'

/** What a supervisor takes from the machine that it runs on; a simulation brings another one. */
export interface System {
  readonly clock: Clock
  /** This process. */
  readonly owner: Owner
  alive(owner: Owner): boolean
  takeLock(path: string): Lock | undefined
  load(ref: ProviderRef, root: string): Promise<Provider>
}

export function realSystem(): System {
  return {
    clock: monotonicClock,
    owner: currentOwner(),
    alive: isAlive,
    takeLock: process.platform === 'win32' ? () => ({ release: () => {} }) : takeLock,
    load,
  }
}

async function load(ref: ProviderRef, root: string): Promise<Provider> {
  const module = (await import(ref.module)) as ProviderModule
  return module.provider(ref.options, { root })
}
