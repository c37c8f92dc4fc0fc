import { realpathSync } from 'node:fs'

/** The part of a resolved config of Vitest that lists its global setups, as absolute paths. */
export interface GlobalSetups {
  globalSetup: string | string[]
}

/**
 * Puts moorage's global setup before the project's own, which then find the services running, and which Vitest tears
 * down before the services go. Vite appends the lists of plugins to the user's. A project that has no setup needs none:
 * the setup of the root runs for it.
 */
export function orderGlobalSetups(config: GlobalSetups, setup: string): void {
  const files = [config.globalSetup].flat()
  // Vitest resolves links, or does not, depending on its version.
  const others = files.filter((file) => realPath(file) !== realPath(setup))
  if (files.length) config.globalSetup = [setup, ...others]
}

function realPath(file: string): string {
  try {
    return realpathSync(file)
  } catch {
    // A setup that does not exist: Vitest reports it.
    return file
  }
}
