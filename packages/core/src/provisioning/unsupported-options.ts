import type { PlannedService } from '../config/plan.ts'
import { MoorageError } from '../contract/errors.ts'
import type { OptionProblem, Provider } from '../contract/provider.ts'

/** An option that a provider cannot honour is an error, before anything exists. */
export function requireSupportedOptions(provider: Provider, services: readonly [string, PlannedService][]): void {
  for (const [name, { spec }] of services) {
    const [problem] = spec[provider.form] ? (provider.check?.(name, spec) ?? []) : [missingForm(provider, spec.preset)]
    if (!problem) continue
    const at = problem.at ? `services.${name}.${problem.at}` : `services.${name}`
    throw new MoorageError(
      'OPTION_UNSUPPORTED',
      `${at} cannot be honoured by provider ${provider.name}: ${problem.reason}.`,
      {
        service: name,
        provider: provider.name,
        hint: problem.fix,
      },
    )
  }
}

function missingForm({ form }: Provider, preset: string): OptionProblem {
  const kind = form === 'container' ? 'as a container' : 'as a plain process'
  const fix =
    form === 'container'
      ? "Place it beside the tests: placement: 'host'."
      : 'Use a provider that runs containers (docker, kubernetes), or another preset.'
  return { at: '', reason: `${preset} has no way to run ${kind}`, fix }
}
