import type {} from 'vitest'
import type { Registered } from '@moorage/core'
import { ExitReporter } from './exit-reporter.ts'

declare module 'vitest' {
  interface ProvidedContext {
    moorage: Registered
  }
}

/** The part of a Vite plugin that is used; Vite's own type would tie users to one version of it. */
export interface MooragePlugin {
  readonly name: 'moorage'
  config(): { readonly test: { readonly globalSetup: string[] } }
  configureVitest(context: { readonly vitest: { readonly config: { readonly reporters: unknown[] } } }): void
}

/**
 * A plugin that adds a global setup, by its path, and a reporter. It starts nothing itself, since `vitest list` calls it
 * too, and may be called once for each project.
 */
export function createPlugin(setup: string): MooragePlugin {
  return {
    name: 'moorage',
    config: () => ({ test: { globalSetup: [setup] } }),
    configureVitest({ vitest }) {
      const { reporters } = vitest.config
      // First: what it adds to a failed test, the others print.
      if (!reporters.some((reporter) => reporter instanceof ExitReporter)) reporters.unshift(new ExitReporter())
    },
  }
}
