import type {} from 'vitest'
import type { Registered } from '@moorage/core'

declare module 'vitest' {
  interface ProvidedContext {
    moorage: Registered
  }
}

/** The part of a Vite plugin that is used; Vite's own type would tie users to one version of it. */
export interface MooragePlugin {
  readonly name: 'moorage'
  config(): { readonly test: { readonly globalSetup: string[] } }
}

/** A plugin that adds a global setup, by its path; it starts nothing itself, since `vitest list` calls it too. */
export function createPlugin(setup: string): MooragePlugin {
  return { name: 'moorage', config: () => ({ test: { globalSetup: [setup] } }) }
}
