import { provisionWith, type AnyConfig, type EndpointsOf, type Environment, type Installation, type ProvisionOptions } from '@moorage/core'
import { docker } from '@moorage/provider-docker'
import { process as plainProcess } from '@moorage/provider-process'

/** The providers that come with moorage, in order of preference. */
export const installation: Installation = { providers: [docker(), plainProcess()], host: plainProcess() }

/**
 * Starts the services of a config, or joins the run that has them already. Throws `MoorageError`; then nothing is left.
 * Dispose the result, or write `await using env = await provision(config)`.
 */
export async function provision<const C extends AnyConfig>(config: C, options: ProvisionOptions = {}): Promise<Environment<EndpointsOf<C>>> {
  return await provisionWith(installation, config, options)
}
