import type { Json } from '../contract/json.ts'
import type { PlainConnection } from '../contract/service.ts'
import { PAYLOAD_VARIABLE, type EnvVariables } from './url-variables.ts'
import { isolatedServices } from './isolated-services.ts'
import { inheritedPayload, type IsolatedService, type RunPayload } from './test-payload.ts'
import type { Plan } from './plan.ts'

/** What a plan says of the variables that its run hands out. Plain data, so that a supervisor can pass it on. */
export interface PlanVariables {
  readonly hash: string
  readonly services: {
    readonly [name: string]: {
      /** The variable of its URL. */
      readonly variable: string
      /** The user has set that variable. */
      readonly given: boolean
      /** Its further variables. */
      readonly fixed: { readonly [name: string]: string }
    }
  }
  readonly isolated?: { readonly [name: string]: IsolatedService }
}

export function planVariables(plan: Plan): PlanVariables {
  const services = Object.entries(plan.services).map(([name, { variable, given, spec }]) => {
    return [name, { variable, given: given !== undefined, fixed: spec.variables ?? {} }] as const
  })
  return { hash: plan.hash, services: Object.fromEntries(services), ...isolatedServices(plan) }
}

export interface HandedOutRun {
  readonly run: string
  readonly identity: string
  readonly connections: { readonly [service: string]: PlainConnection }
  readonly plan: PlanVariables
}

/**
 * Every environment variable of a run: the URL of each service, the fixed variables, and the payload. Everything that
 * hands out a run calls this, so that tests get the same by any way. A variable that `env` has from the user keeps its
 * value, and does not count as moorage's: a run within this one leaves it to the user too.
 */
export function runVariables(
  { run, identity, connections, plan }: HandedOutRun,
  env: EnvVariables,
): {
  readonly [name: string]: string
} {
  const { hash, services, isolated } = plan
  const setByOuterRun = inheritedPayload(env)?.variables ?? []
  const fixed = Object.values(services)
    .flatMap((service) => Object.entries(service.fixed))
    .filter(([name]) => env[name] === undefined || setByOuterRun.includes(name))
  const own = Object.values(services).flatMap(({ variable, given }) => (given ? [] : [variable]))
  const payload: RunPayload = {
    run,
    hash,
    identity,
    variables: [...own, ...fixed.map(([name]) => name)],
    services: connections,
    ...(isolated ? { isolated } : {}),
  }
  const urls = Object.entries(services).flatMap(([name, { variable }]) => {
    const url: Json | undefined = connections[name]?.['url']
    return typeof url === 'string' ? [[variable, url] as const] : []
  })
  return Object.fromEntries([...fixed, [PAYLOAD_VARIABLE, JSON.stringify(payload)], ...urls])
}

/** Sets variables in an environment. Returns a function that restores the previous values. */
export function exposeVariables(
  env: { [name: string]: string | undefined },
  variables: { readonly [name: string]: string },
): () => void {
  const previous = Object.keys(variables).map((name) => [name, env[name]] as const)
  Object.assign(env, variables)
  return () => {
    for (const [name, value] of previous) {
      if (value === undefined) delete env[name]
      else env[name] = value
    }
  }
}
