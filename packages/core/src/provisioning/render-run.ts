import { chosenProvider, configuredProviders, providerNamed } from '../config/provider-option.ts'
import { createPlan, type Plan, type PlannedService } from '../config/plan.ts'
import type { EnvVariables } from '../config/url-variables.ts'
import type { AnyConfig } from '../contract/config-types.ts'
import { MoorageError } from '../contract/errors.ts'
import type { ProviderRef, Rendering, UnitSpec } from '../contract/provider.ts'
import type { Form, PlainConnection } from '../contract/service.ts'
import { isSensitiveName } from '../provider-kit/debug-log.ts'
import { HOST_ACCESS_NAME } from '../provider-kit/host-port-proxy.ts'
import { serviceHostName } from '../provider-kit/service-host-name.ts'
import { createCachedProviderLoader } from '../recovery/cached-provider-loader.ts'
import { realSystem } from '../recovery/system.ts'
import { connectionFromUrl } from './given-url.ts'
import { resolveConnection } from './resolve-template.ts'
import { builtImageName } from './run-images.ts'
import { RunSecrets } from './run-secrets.ts'
import { addressScope, getPath, type ScopeInput } from './template-scope.ts'
import { createUnitSpec } from './unit-spec.ts'
import { requireSupportedOptions } from './unsupported-options.ts'

export interface RenderOptions {
  /** Name of the provider. */
  readonly provider: string
  readonly providers: readonly ProviderRef[]
  readonly env: EnvVariables
}

// Every run has another id. A fixed one makes two renderings comparable.
const RUN_ID = 'moorage-run'
const REDACTED = '***'

/**
 * What a provider would create for the containers of a config, with `***` for each secret. Starts nothing.
 *
 * Throws MoorageError (CONFIG_INVALID) for an invalid config, and (OPTION_UNSUPPORTED) for an option that the provider
 * does not support, and for a provider that renders nothing.
 */
export async function renderRun(
  config: AnyConfig,
  { provider: name, providers, env }: RenderOptions,
): Promise<Rendering> {
  const plan = createPlan(config, env)
  const known = configuredProviders(providers, config)
  const given = config.provider?.name === name ? chosenProvider(config.provider, config.configured ?? []) : undefined
  const load = createCachedProviderLoader(realSystem(), () => config.root)
  const provider = await load(given ?? providerNamed(name, known))
  if (!provider.render)
    throw new MoorageError('OPTION_UNSUPPORTED', `Provider ${name} cannot print what it would run.`, { provider: name })
  const started = Object.entries(plan.services).filter(
    ([, { spec, given: url }]) => url === undefined && spec.container && spec.placement !== 'host',
  )
  await requireSupportedOptions(provider, started)
  const rendering = provider.render({ id: RUN_ID, labels: { 'moorage.run': RUN_ID } }, previewUnits(plan, started))
  const built = started.flatMap(([service, { spec }]) =>
    typeof spec.container?.image === 'object' ? [`services.${service}.image: a start builds the image first.`] : [],
  )
  return { ...rendering, notes: [...built, ...rendering.notes] }
}

/** These services as a provider would get them, with `***` for each secret. All have a container form. */
export function previewUnits(plan: Plan, started: readonly (readonly [string, PlannedService])[]): readonly UnitSpec[] {
  const secrets = new RunSecrets()
  const inputOf = (service: string): ScopeInput => {
    const { spec } = plan.services[service] as PlannedService
    return { service, ports: spec.ports, secrets, ref: ([to = '', ...path]) => getPath(connectionOf(to), path) }
  }
  const connectionOf = (service: string): PlainConnection => {
    const { spec, given } = plan.services[service] as PlannedService
    if (given !== undefined) {
      secrets.hideUrl(given)
      return connectionFromUrl(given)
    }
    const isHere = spec.container && spec.placement !== 'host'
    const form = (isHere ? spec.container : (spec.process ?? spec.container)) as Form
    const host = isHere ? serviceHostName(service) : HOST_ACCESS_NAME
    const ports = Object.fromEntries(Object.entries(spec.ports).map(([port, number]) => [port, { host, port: number }]))
    const address = { host, port: Object.values(spec.ports)[0] ?? 0, ports }
    return resolveConnection(form.connection, addressScope(inputOf(service), address))
  }
  const units = started.map(([service, { spec }]) => {
    const image = spec.container?.image
    const built = typeof image === 'object' ? builtImageName({ service, spec: image }, RUN_ID) : undefined
    const input = {
      ...inputOf(service),
      root: plan.root,
      ...(built === undefined ? {} : { image: { reference: built, inRegistry: true, task: '' } }),
    }
    return createUnitSpec(spec, 'container', input)
  })
  return (JSON.parse(secrets.redact(JSON.stringify(units))) as readonly UnitSpec[]).map(withoutPasswords)
}

/** Strikes out the values of names such as PASSWORD, and the passwords of URLs. */
function withoutPasswords(unit: UnitSpec): UnitSpec {
  const env = Object.entries(unit.env).map(([name, value]) => [
    name,
    isSensitiveName(name)
      ? REDACTED
      : value.replace(/\b([a-z][a-z0-9+.-]*:\/\/[^/:@\s]*):[^/@\s]+@/gi, `$1:${REDACTED}@`),
  ])
  return { ...unit, env: Object.fromEntries(env) as { [name: string]: string } }
}
