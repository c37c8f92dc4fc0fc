import {
  createConfig,
  rejectUnknownOptions,
  type AnyService,
  type Config,
  type ConfigOptions as CommonConfigOptions,
  type OptionNames,
} from '@moorage/core'
import {
  docker,
  kubernetes,
  nerdctl,
  type DockerOptions,
  type KubernetesOptions,
  type NerdctlOptions,
} from './providers.ts'

/** The options of `defineConfig`. */
export interface ConfigOptions<S> extends CommonConfigOptions<S> {
  /** Options for Docker, if the services run there. They choose nothing. Default: none. */
  readonly docker?: DockerOptions
  /** Options for Kubernetes, if the services run there. They choose nothing. Default: none. */
  readonly kubernetes?: KubernetesOptions
  /** Options for containerd through nerdctl, if the services run there. They choose nothing. Default: none. */
  readonly nerdctl?: NerdctlOptions
}

const OPTIONS: OptionNames<ConfigOptions<unknown>> = {
  services: true,
  provider: true,
  docker: true,
  kubernetes: true,
  nerdctl: true,
  root: true,
  keep: true,
  keepFor: true,
  imageMirror: true,
}

/**
 * Describes the services of a project, as the default export of `moorage.config.ts`. Throws `MoorageError`
 * (CONFIG_INVALID), whose message names the key at fault.
 */
export function defineConfig<const S extends { readonly [name: string]: AnyService }>(
  options: ConfigOptions<S>,
): Config<S> {
  rejectUnknownOptions('defineConfig', options, OPTIONS)
  const { docker: dockerOptions, kubernetes: kubernetesOptions, nerdctl: nerdctlOptions, ...common } = options
  const configured = [
    ...(dockerOptions ? [docker(dockerOptions)] : []),
    ...(kubernetesOptions ? [kubernetes(kubernetesOptions)] : []),
    ...(nerdctlOptions ? [nerdctl(nerdctlOptions)] : []),
  ]
  return createConfig<S>(common as CommonConfigOptions<S>, { caller: defineConfig, configured })
}
