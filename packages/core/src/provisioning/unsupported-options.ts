import type { PlannedService } from '../config/plan.ts'
import { MoorageError } from '../contract/errors.ts'
import type { OptionProblem, Provider } from '../contract/provider.ts'
import type { ServiceSpec } from '../contract/service.ts'

/** Throws `MoorageError` (OPTION_UNSUPPORTED) for the first option that the provider does not support. */
export async function requireSupportedOptions(
  provider: Provider,
  services: readonly [string, PlannedService][],
): Promise<void> {
  const specs = Object.fromEntries(services.map(([name, { spec }]) => [name, spec]))
  const problems = await Promise.all(services.map(([name, { spec }]) => problemsOf(provider, { name, spec, specs })))
  for (const [i, [name]] of services.entries()) {
    const [problem] = problems[i] ?? []
    if (!problem) continue
    const key = problem.at ? `services.${name}.${problem.at}` : `services.${name}`
    throw new MoorageError(
      'OPTION_UNSUPPORTED',
      `${key} is not supported by provider ${provider.name}: ${problem.reason}.`,
      { service: name, provider: provider.name, hint: problem.fix },
    )
  }
}

interface CheckedService {
  readonly name: string
  readonly spec: ServiceSpec
  /** All services on the provider. */
  readonly specs: { readonly [service: string]: ServiceSpec }
}

async function problemsOf(
  provider: Provider,
  { name, spec, specs }: CheckedService,
): Promise<readonly OptionProblem[]> {
  if (!spec[provider.form]) return [missingForm(provider, spec.preset)]
  if (provider.form === 'container' && typeof spec.container?.image === 'object' && !provider.imageStores)
    return [
      {
        at: 'image',
        reason: 'it runs only images that a registry has',
        fix: 'Push the image to a registry and name it, or use the provider docker or kubernetes.',
      },
    ]
  return (await provider.check?.(name, spec, specs)) ?? []
}

function missingForm({ form }: Provider, preset: string): OptionProblem {
  return form === 'container'
    ? {
        at: '',
        reason: `${preset} cannot run as a container`,
        fix: "Run it as a process on this machine: placement: 'host'.",
      }
    : {
        at: '',
        reason: `${preset} cannot run as a plain process`,
        fix: 'Use a provider that runs containers (docker, kubernetes), or another preset.',
      }
}
