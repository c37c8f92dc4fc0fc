import type {} from 'vitest'
import type { Registered } from '@moorage/core'
import type { ConfigChoice } from '@moorage/core/runner'
import { recordChoice } from './config-choice.ts'
import { EndedServicesReporter } from './ended-services-reporter.ts'
import { orderGlobalSetups, type GlobalSetups } from './global-setup-order.ts'

declare module 'vitest' {
  interface ProvidedContext {
    moorage: Registered
  }
}

interface TestOptions {
  readonly globalSetup: string[]
  readonly forceRerunTriggers: string[]
}

/** The used part of a Vite plugin. Vite's own type would tie users to one version. */
export interface MooragePlugin {
  readonly name: 'moorage'
  config(user: { readonly test?: { readonly forceRerunTriggers?: readonly string[] } }): { readonly test: TestOptions }
  configureVitest(context: { readonly vitest: ConfiguredVitest; readonly project?: object }): void
}

/** Which config file the plugin uses. */
export type MooragePluginOptions = ConfigChoice

interface ConfiguredVitest {
  readonly config: { readonly reporters: unknown[] } & GlobalSetups
  readonly projects: readonly { readonly config: GlobalSetups }[]
}

// Vitest's defaults, which apply only if no list is given.
const DEFAULT_TRIGGERS = ['**/package.json/**', '**/{vitest,vite}.config.*/**']

/**
 * Creates a plugin that adds a reporter and the global setup at a path. The plugin itself starts nothing: `vitest list`
 * calls it too, and Vitest calls it once for each project. In watch mode an edit of moorage.config.ts runs the tests
 * again.
 */
export function createPlugin(setup: string, options: MooragePluginOptions): MooragePlugin {
  return {
    name: 'moorage',
    config({ test }) {
      const defaults = test?.forceRerunTriggers ? [] : DEFAULT_TRIGGERS
      return { test: { globalSetup: [setup], forceRerunTriggers: [...defaults, '**/moorage.config.*'] } }
    },
    configureVitest({ vitest, project }) {
      recordChoice(vitest, project, options)
      const { reporters } = vitest.config
      // The first reporter: the later ones print what it adds to a failed test.
      if (!reporters.some((reporter) => reporter instanceof EndedServicesReporter))
        reporters.unshift(new EndedServicesReporter())
      for (const config of [vitest.config, ...vitest.projects.map((project) => project.config)])
        orderGlobalSetups(config, setup)
    },
  }
}
