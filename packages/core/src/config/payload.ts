import type { Json } from '../contract/json.ts'
import type { IsolationScope, PlainConnection, ServiceSpec } from '../contract/service.ts'
import { PAYLOAD_VARIABLE, type EnvVariables } from './env-variables.ts'

/** What a run passes to its tests, as JSON in the variable `MOORAGE`. */
export interface Payload {
  /** The run's id. */
  readonly run: string
  /** Hash of the plan: a child process that asks for the same plan joins this run. */
  readonly hash: string
  /** Names the folder of the supervisor's socket. */
  readonly identity: string
  /** Variables that moorage set, without those that the user set. */
  readonly variables: readonly string[]
  /** The connection of each service. */
  readonly services: { readonly [name: string]: PlainConnection }
  /** The services with the option `isolate`. */
  readonly isolated?: { readonly [name: string]: IsolatedService }
}

/** What a test worker needs to open a slot of an isolated service. */
export interface IsolatedService {
  readonly each: IsolationScope
  /** Path of the module that opens a slot. */
  readonly module: string
  /** The folder of the project, from which drivers are resolved. */
  readonly root: string
  /** The variable with the URL, if the user runs the service. */
  readonly given?: string
}

/** The payload that an outer moorage left in the environment; undefined without one, or if it is malformed. */
export function inheritedPayload(env: EnvVariables): Payload | undefined {
  const text = env[PAYLOAD_VARIABLE]
  if (!text) return undefined
  try {
    const value = JSON.parse(text) as Payload
    return typeof value.hash === 'string' && Array.isArray(value.variables) ? value : undefined
  } catch {
    return undefined
  }
}

/** Every variable of a run: one for each service with a URL, the fixed ones, and the payload. */
export function buildVariables(
  payload: Payload,
  urlVariables: { readonly [service: string]: string },
  fixed: { readonly [name: string]: string } = {},
): { [name: string]: string } {
  const env: { [name: string]: string } = { ...fixed, [PAYLOAD_VARIABLE]: JSON.stringify(payload) }
  for (const [service, variable] of Object.entries(urlVariables)) {
    const url: Json | undefined = payload.services[service]?.['url']
    if (typeof url === 'string') env[variable] = url
  }
  return env
}

/** The variables that services set besides their URL. A variable that the user has set keeps its value. */
export function fixedVariables(
  services: { readonly [name: string]: { readonly spec: Pick<ServiceSpec, 'variables'> } },
  env: EnvVariables,
): { readonly [name: string]: string } {
  const setByOuterRun = inheritedPayload(env)?.variables ?? []
  const all = Object.values(services).flatMap(({ spec }) => Object.entries(spec.variables ?? {}))
  return Object.fromEntries(all.filter(([name]) => env[name] === undefined || setByOuterRun.includes(name)))
}
