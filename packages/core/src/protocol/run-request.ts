import type { Plan } from '../config/plan.ts'
import type { ProviderRef } from '../contract/provider.ts'

/** The providers that a run may use. */
export interface ProviderCandidates {
  /** In order of preference. */
  readonly inOrder: readonly ProviderRef[]
  /** The provider that the user chose, and where: in the config, or with the variable `MOORAGE_PROVIDER`. */
  readonly explicit?: { readonly provider: ProviderRef; readonly by: string }
  readonly ci: boolean
}

/** What has to run. */
export interface ProvisionRequest {
  readonly plan: Plan
  readonly candidates: ProviderCandidates
  /** Runs the services that are placed on the host, whatever the provider. */
  readonly host: ProviderRef
  /** Builds images; a `BuildModule`. Default: images cannot be built. */
  readonly builders?: ProviderRef
  /** Milliseconds that services are kept when a start or the tests failed. Default: they are removed at once. */
  readonly keep?: number
  /** The services that the caller's seed functions fill. */
  readonly seeded?: readonly string[]
}

/** Identifies a run. */
export interface RunId {
  /** A DNS label of at most 63 characters. */
  readonly id: string
  /** The CI system's own number of the run, which a person can search for. */
  readonly ciRun?: string
}

/** What has to run, and which clients share it. */
export interface RunRequest extends ProvisionRequest {
  readonly run: RunId
  /** Names the supervisor's files. Clients with the same request find the same supervisor. */
  readonly identity: string
  /** Equal for requests between which a run can be updated: same project, same engine. */
  readonly family: string
}
