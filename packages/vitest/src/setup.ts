import type { TestProject } from 'vitest/node'
import type { AnyConfig, Environment, ProvisionOptions, Registered } from '@moorage/core'
import { exposeTo, findConfig, loadConfig } from '@moorage/core/provisioning'

type Provision = (config: AnyConfig, options?: ProvisionOptions) => Promise<Environment>

export type Setup = (project: TestProject) => Promise<() => Promise<void>>

// Milliseconds that services stay in watch mode: an edited config tears down and sets up again at once.
const LINGER = 5_000

/** A Vitest global setup: provisions the config of the project's folder, and hands its connections to the tests. */
export function createSetup(provision: Provision): Setup {
  return async (project) => {
    if (isListing(process.argv)) return async () => {}
    const config = await loadConfig(findConfig(project.config.root))
    const env = await provision(config, { linger: project.config.watch ? LINGER : 0 })
    // Also to forks and threads, and to whatever they start.
    const restore = exposeTo(process.env, env.env)
    project.provide('moorage', env.endpoints as Registered)
    return async () => {
      restore()
      await env.dispose()
    }
  }
}

/** `vitest list` runs global setups up to version 4, and needs no services. */
function isListing(argv: readonly string[]): boolean {
  return argv[2] === 'list'
}
