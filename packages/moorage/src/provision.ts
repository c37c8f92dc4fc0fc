import type { AnyConfig, EndpointsOf, Environment, Installation, ProvisionOptions } from '@moorage/core'
import { docker } from '@moorage/provider-docker'
import { kubernetes } from '@moorage/provider-kubernetes'
import { process as plainProcess } from '@moorage/provider-process'

/** The providers that come with moorage, in order of preference. */
export const installation: Installation = { providers: [docker(), kubernetes(), plainProcess()], host: plainProcess() }

/**
 * Starts the services of a config, or joins the run that has them already. Throws `MoorageError`; then nothing is left.
 * Dispose the result, or write `await using env = await provision(config)`.
 */
export async function provision<const C extends AnyConfig>(
  config: C,
  options: ProvisionOptions<EndpointsOf<C>> = {},
): Promise<Environment<EndpointsOf<C>>> {
  // Only now: a config that is merely read costs 20 ms less.
  const { withReporting, provisionWith } = await import('@moorage/core/runner')
  return await withReporting({ root: config.root, onProgress: options.onProgress }, (onProgress) =>
    provisionWith(installation, config, { ...options, onProgress }),
  )
}
