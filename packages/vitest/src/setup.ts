import type { TestProject } from 'vitest/node'
import type { AnyConfig, Environment, ProvisionOptions, Registered } from '@moorage/core'
import { exposeTo, findConfig, loadConfig, printTo } from '@moorage/core/provisioning'
import { mindful } from './ended-services.ts'
import { isListing } from './listing.ts'
import { newWarnings } from './warnings.ts'

type Provision = (config: AnyConfig, options?: ProvisionOptions) => Promise<Environment>

export type Setup = (project: TestProject) => Promise<() => Promise<void>>

// Milliseconds that services stay in watch mode: an edited config tears down and sets up again at once.
const LINGER = 5_000

/** A Vitest global setup: provisions the config of the project's folder, and hands its connections to the tests. */
export function createSetup(provision: Provision): Setup {
  const tell = mindful(printTo(process.stderr))
  return async (project) => {
    if (isListing(process.argv)) return async () => {}
    const config = await loadConfig(findConfig(project.config.root))
    const env = await provision(config, { tell, linger: project.config.watch ? LINGER : 0 })
    for (const text of newWarnings(project, env.env)) tell({ kind: 'notice', text })
    // Also to forks and threads, and to whatever they start.
    const restore = exposeTo(process.env, env.env)
    project.provide('moorage', env.endpoints as Registered)
    return async () => {
      restore()
      await env.dispose()
    }
  }
}
