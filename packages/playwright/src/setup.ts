import { dirname } from 'node:path'
import type { FullConfig } from '@playwright/test'
import type { AnyConfig, Environment, ProvisionOptions } from '@moorage/core'
import { readConfig } from './read-config.ts'

export type Provision = (config: AnyConfig, options?: ProvisionOptions) => Promise<Environment>

export type Setup = (config: FullConfig) => Promise<() => Promise<void>>

/**
 * A Playwright global setup. Provisions the config beside playwright.config.ts and sets its variables for the workers.
 */
export function createSetup(provision: Provision): Setup {
  return async ({ configFile }) => {
    const env = await provision(await readConfig(configFile ? dirname(configFile) : process.cwd()))
    // Imported late: workers evaluate this module too, and do not provision.
    const { exposeVariables } = await import('@moorage/core/runner')
    const restore = exposeVariables(process.env, env.env)
    return async () => {
      restore()
      await env.dispose()
    }
  }
}
