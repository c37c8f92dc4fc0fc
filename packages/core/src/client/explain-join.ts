import type { EnvVariables } from '../config/url-variables.ts'
import type { Inputs } from '../config/hash-inputs.ts'
import type { AnyConfig } from '../contract/config-types.ts'
import type { RunStatus } from '../protocol/run-status.ts'
import { createOpenRequest, type Installation } from './open-request.ts'

/**
 * Why a process that starts now with this config and environment would join a run or not: one sentence, then a line for
 * each input that differs. Throws MoorageError (CONFIG_INVALID).
 */
export function explainJoin(
  installation: Installation,
  config: AnyConfig,
  { status, env }: { readonly status: RunStatus; readonly env: EnvVariables },
): readonly string[] {
  const { request } = createOpenRequest(installation, config, { env, shared: true })
  const { plan, candidates } = request
  if (plan.hash === status.plan.hash) {
    if (candidates.ci) return ['In CI, only processes within a run join it. Its inputs are those of the config.']
    return request.identity === status.identity
      ? ['A process that starts now joins it: every input is the same.']
      : [
          'A process that starts now does not join it: its services are the same, but DOCKER_HOST, KUBECONFIG or another variable selects another engine.',
        ]
  }
  const names = new Set([...Object.keys(plan.services), ...Object.keys(status.inputs)])
  const differences = [...names].flatMap((name) =>
    describeService(name, status.inputs[name], plan.services[name]?.inputs),
  )
  const changed = differences.length
    ? differences
    : ['the provider, its options, a URL that you set, or moorage itself']
  return ['A process that starts now does not join it. Differences:', ...changed.map((line) => `  ${line}`)]
}

function describeService(name: string, before: Inputs | undefined, now: Inputs | undefined): readonly string[] {
  if (!before) return [`services.${name}: it is new`]
  if (!now) return [`services.${name}: it is no longer in the config`]
  const inputs = new Set([...Object.keys(before), ...Object.keys(now)])
  return [...inputs].flatMap((input) => {
    if (before[input] === now[input]) return []
    const how = before[input] === undefined ? 'is new' : now[input] === undefined ? 'is gone' : 'changed'
    return [`services.${name}: ${input} ${how}`]
  })
}
