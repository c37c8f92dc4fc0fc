import type { PlannedService } from '../config/plan.ts'
import { MoorageError } from '../contract/errors.ts'
import type { OptionProblem, Provider } from '../contract/provider.ts'

/** Throws `MoorageError` (OPTION_UNSUPPORTED) for the first option that the provider does not support. */
export function requireSupportedOptions(provider: Provider, services: readonly [string, PlannedService][]): void {
  for (const [name, { spec }] of services) {
    const [problem] = spec[provider.form] ? (provider.check?.(name, spec) ?? []) : [missingForm(provider, spec.preset)]
    if (!problem) continue
    const key = problem.at ? `services.${name}.${problem.at}` : `services.${name}`
    throw new MoorageError(
      'OPTION_UNSUPPORTED',
      `${key} is not supported by provider ${provider.name}: ${problem.reason}.`,
      { service: name, provider: provider.name, hint: problem.fix },
    )
  }
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
