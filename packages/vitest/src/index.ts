import type {} from 'vitest'
import type { Registered } from '@moorage/core'
import { EndedServicesReporter } from './ended-services-reporter.ts'

declare module 'vitest' {
  interface ProvidedContext {
    moorage: Registered
  }
}

interface TestOptions {
  readonly globalSetup: string[]
  readonly forceRerunTriggers: string[]
}

/** The part of a Vite plugin that is used; Vite's own type would tie users to one version of it. */
export interface MooragePlugin {
  readonly name: 'moorage'
  config(user: { readonly test?: { readonly forceRerunTriggers?: readonly string[] } }): { readonly test: TestOptions }
  configureVitest(context: { readonly vitest: { readonly config: { readonly reporters: unknown[] } } }): void
}

// Vitest's own, which a list of somebody else's would replace.
const TRIGGERS = ['**/package.json/**', '**/{vitest,vite}.config.*/**']

/**
 * A plugin that adds a global setup, by its path, and a reporter. It starts nothing itself, since `vitest list` calls it
 * too, and may be called once for each project. In watch mode an edited moorage.config.ts runs the tests again.
 */
export function createPlugin(setup: string): MooragePlugin {
  return {
    name: 'moorage',
    config({ test }) {
      const others = test?.forceRerunTriggers ? [] : TRIGGERS
      return { test: { globalSetup: [setup], forceRerunTriggers: [...others, '**/moorage.config.*'] } }
    },
    configureVitest({ vitest }) {
      const { reporters } = vitest.config
      // First: what it adds to a failed test, the others print.
      if (!reporters.some((reporter) => reporter instanceof EndedServicesReporter))
        reporters.unshift(new EndedServicesReporter())
    },
  }
}
