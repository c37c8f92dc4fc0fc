import type { IsolationScope, PlainConnection } from '../contract/service.ts'
import { PAYLOAD_VARIABLE, type EnvVariables } from './url-variables.ts'

/** What a run passes to its tests, as JSON in the variable `MOORAGE`. */
export interface RunPayload {
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
export function inheritedPayload(env: EnvVariables): RunPayload | undefined {
  const text = env[PAYLOAD_VARIABLE]
  if (!text) return undefined
  try {
    const value = JSON.parse(text) as RunPayload
    return typeof value.hash === 'string' && Array.isArray(value.variables) ? value : undefined
  } catch {
    return undefined
  }
}
