import type { Report, Run } from '@moorage/core/provider'

/**
 * The object that proves that a run is alive: a Job (liveness-job.ts) or a Lease (liveness-lease.ts). It owns every
 * other object of the run, so that the garbage collector deletes them after it.
 */
export interface LivenessObject {
  readonly name: string
  readonly uid: string
  /** The owner reference of every object of the run. */
  readonly reference: object
  /** The cluster's resource version at creation: where the run's events begin. */
  readonly resourceVersion: string
  /** Ends the heartbeats. */
  stopHeartbeat(): void
  /** Resolves when the API server has accepted the deletion; false when the object no longer exists. */
  delete(): Promise<boolean>
  /** Ends the heartbeats and lets the run live for `ms` more milliseconds, with or without a supervisor. */
  extend(ms: number): Promise<void>
}

export interface LivenessOptions {
  readonly run: Run
  readonly namespace: string
  readonly report: Report
  /** Seconds without a heartbeat after which the run may be deleted. Default: 120 for a Job, 90 for a Lease. */
  readonly graceSeconds?: number
  /** The object's own owners: the CI pod, where there is one. */
  readonly ownerReferences: readonly object[]
  /** Receives each refusal after which another attempt follows. */
  onRetry?(reason: string): void
}
