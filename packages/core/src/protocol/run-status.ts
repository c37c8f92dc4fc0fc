import type { Inputs } from '../config/hash-inputs.ts'
import type { PlanVariables } from '../config/exported-variables.ts'
import type { PlainConnection } from '../contract/service.ts'

/** The connection of each service, as plain data. */
export type Connections = { readonly [service: string]: PlainConnection }

/** A run that is ready. */
export interface OpenedRun {
  readonly run: string
  readonly connections: Connections
}

/** Why a run outlives its clients: it was asked to, or it failed and is kept for inspection. */
export type RetentionReason = 'asked' | 'failed'

/** The state of a run. */
export interface RunStatus extends OpenedRun {
  readonly identity: string
  readonly plan: PlanVariables
  /** What the hash of each service covers. */
  readonly inputs: { readonly [service: string]: Inputs }
  /** Why a service does not answer, by its name. Healthy services are absent. */
  readonly healthProblems: { readonly [service: string]: string }
  /** Connected clients that use the run, without the one that asks. */
  readonly users: number
  /** Absent for a run that ends with its last client. */
  readonly retention?: { readonly reason: RetentionReason; readonly remainingMs: number }
}
