import './register-compose-reader.ts'
import { imageBuilders } from '@moorage/build'
import type { AnyConfig, EndpointsOf, Environment, Installation, ProvisionOptions } from '@moorage/core'
import { docker, kubernetes, nerdctl, plainProcess } from './providers.ts'

/** The built-in providers in order of preference, the one for services with `placement: 'host'`, and the builders. */
export const installation: Installation = {
  providers: [docker(), kubernetes(), nerdctl(), plainProcess()],
  host: plainProcess(),
  builders: imageBuilders(),
}

/**
 * Starts the services of a config, or joins a live run of the same config. Dispose the result, or write `await using
 * env = await provision(config)`. Throws `MoorageError` if a service does not become ready, and removes whatever it
 * started by then. `code` tells the reason; docs/errors.md lists the codes.
 */
export async function provision<const C extends AnyConfig>(
  config: C,
  options: ProvisionOptions<EndpointsOf<C>> = {},
): Promise<Environment<EndpointsOf<C>>> {
  // Imported late: a process that only reads the config loads 20 ms faster.
  const { withReporting, provisionWith } = await import('@moorage/core/runner')
  return await withReporting({ root: config.root, onProgress: options.onProgress }, (onProgress) =>
    provisionWith(installation, config, { ...options, onProgress }),
  )
}
