import type { CheckResult, Installation } from '@moorage/core'
import { inspectBuilders, type InspectedProvider, type Plan, type ProviderInspection } from '@moorage/core/runner'
import type { Finding, PlacedCheck } from './check.ts'
import { failedResult } from './run-checks.ts'

const GROUP = 'providers'

/** A line for each provider, and one for the choice. */
export function describeProviders({ providers, choice, unsupported }: ProviderInspection): readonly Finding[] {
  return [
    ...providers.map((inspected): Finding => ({
      group: GROUP,
      name: inspected.name,
      ...probeResult(inspected),
      blocks: false,
    })),
    { group: GROUP, name: 'choice', ...choiceResult(choice) },
    ...(unsupported ? [{ group: GROUP, name: 'options', ...failedResult(unsupported) }] : []),
  ]
}

function probeResult({ name, probe }: InspectedProvider): CheckResult {
  if (probe.ok) return { status: 'ok', text: `${name}: ${probe.detail}` }
  return {
    status: probe.broken ? 'problem' : 'warning',
    text: `${name}: ${probe.reason}`,
    fix: `To use it: ${uncapitalised(probe.fix)}`,
  }
}

/** A name such as KUBECONFIG stays as it is. */
function uncapitalised(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}

function choiceResult(choice: ProviderInspection['choice']): CheckResult {
  if ('error' in choice) return failedResult(choice.error)
  return { status: 'ok', text: `a run uses ${choice.name} (${choice.reason})` }
}

/** The checks of the providers themselves. Only those of the chosen one can keep a run from starting. */
export function providerChecks({ providers, choice, services, units }: ProviderInspection): readonly PlacedCheck[] {
  const chosen = 'name' in choice ? choice.name : undefined
  return providers.flatMap(({ name: group, provider }) =>
    (provider?.checks ?? []).map((check) => ({
      group,
      name: check.name,
      run: (signal: AbortSignal) => check.run({ services, units, signal }),
      ...(chosen === undefined || chosen === group ? {} : { blocks: false as const }),
    })),
  )
}

/** What would build the images of the config, on the provider that a run uses. */
export function builderCheck(
  installation: Installation,
  { providers, choice }: ProviderInspection,
  plan: Plan | undefined,
): readonly PlacedCheck[] {
  const chosen = 'name' in choice ? providers.find(({ name }) => name === choice.name)?.provider : undefined
  if (!chosen || !plan) return []
  const run = async (signal: AbortSignal): Promise<readonly CheckResult[]> =>
    (await inspectBuilders(installation, { provider: chosen, plan, signal })).map((build) =>
      'error' in build
        ? failedResult(build.error)
        : { status: 'ok', text: `services.${build.service}.image: ${build.builder} builds it (${build.detail})` },
    )
  return [{ group: GROUP, name: 'builders', run }]
}
