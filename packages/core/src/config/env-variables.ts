import { MoorageError } from '../contract/errors.ts'
import type { IsolationScope } from '../contract/isolation.ts'
import type { Json } from '../contract/json.ts'
import type { PlainConnection, ServiceSpec } from '../contract/service.ts'

/** What a run hands to tests, as JSON in the variable `MOORAGE`. */
export interface Payload {
  readonly run: string
  /** Hash of the spec: a child that asks for the same one joins this run. */
  readonly hash: string
  /** Where the supervisor's socket is found. */
  readonly identity: string
  /** Variables that moorage set; a user's own are not among them. */
  readonly variables: readonly string[]
  readonly services: { readonly [name: string]: PlainConnection }
  /** Services of which workers, files or tests have a part of their own. */
  readonly isolated?: { readonly [name: string]: Isolated }
}

export interface Isolated {
  readonly each: IsolationScope
  /** Path of the module that makes a slot. */
  readonly module: string
  /** The folder of the project, whose drivers are used. */
  readonly root: string
  /** The variable by which the user has given the service. */
  readonly given?: string
}

export const PAYLOAD = 'MOORAGE'

export type EnvVariables = { readonly [name: string]: string | undefined }

/** `db` gives `DB_URL`, `mainDb` gives `MAIN_DB_URL`. */
export function urlVariable(name: string, { as }: Pick<ServiceSpec, 'as'>): string {
  if (as === undefined)
    return `${name
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replaceAll('-', '_')
      .toUpperCase()}_URL`
  if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(as) && as !== PAYLOAD) return as
  throw new MoorageError(
    'CONFIG_INVALID',
    `services.${name}.as: '${as}' cannot be the name of an environment variable.`,
    {
      service: name,
      hint: "Use letters, digits and underscores, as in 'MONGODB_URL'.",
    },
  )
}

/** The payload that an outer moorage left in the environment, if any. */
export function inheritedPayload(env: EnvVariables): Payload | undefined {
  const text = env[PAYLOAD]
  if (!text) return undefined
  try {
    const value = JSON.parse(text) as Payload
    return typeof value.hash === 'string' && Array.isArray(value.variables) ? value : undefined
  } catch {
    return undefined
  }
}

/** Every variable of a run: one per service with a URL, those that are fixed, and the payload. */
export function buildVariables(
  payload: Payload,
  variables: { readonly [service: string]: string },
  fixed: { readonly [name: string]: string } = {},
): { [name: string]: string } {
  const env: { [name: string]: string } = { ...fixed, [PAYLOAD]: JSON.stringify(payload) }
  for (const [service, variable] of Object.entries(variables)) {
    const url: Json | undefined = payload.services[service]?.['url']
    if (typeof url === 'string') env[variable] = url
  }
  return env
}

/** What services set beside their URL; what the user has set, and no outer run, stands. */
export function fixedVariables(
  services: { readonly [name: string]: { readonly spec: Pick<ServiceSpec, 'variables'> } },
  env: EnvVariables,
): { readonly [name: string]: string } {
  const ours = inheritedPayload(env)?.variables ?? []
  const all = Object.values(services).flatMap(({ spec }) => Object.entries(spec.variables ?? {}))
  return Object.fromEntries(all.filter(([name]) => env[name] === undefined || ours.includes(name)))
}

/** Sets variables in an environment; the result puts back what was there. */
export function exposeVariables(
  env: { [name: string]: string | undefined },
  variables: { readonly [name: string]: string },
): () => void {
  const before = Object.keys(variables).map((name) => [name, env[name]] as const)
  Object.assign(env, variables)
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete env[name]
      else env[name] = value
    }
  }
}
