import type { ServiceSpec } from './service.ts'
import type { UnitSpec } from './unit-spec.ts'

/** One line of `moorage doctor`. */
export interface CheckResult {
  /** `problem`: no run can start. `warning`: some services cannot run, or something may fail later. */
  readonly status: 'ok' | 'warning' | 'problem'
  /** What the check found: one line, without a full stop. Must not contain a secret. */
  readonly text: string
  /** What the user can do about it, as a sentence. Set unless the status is `ok`. */
  readonly fix?: string
  /** A manifest that the user, or an administrator, can apply as it is. */
  readonly manifest?: string
}

/** What a check may use. */
export interface CheckContext {
  /** The services that would run on the provider, by key. Empty if there is no config that loads. */
  readonly services: { readonly [service: string]: ServiceSpec }
  /** The same services as the provider would start them. Random secrets and addresses are examples. */
  readonly units: readonly UnitSpec[]
  /** Aborts when the time of the check is up. */
  readonly signal: AbortSignal
}

/** A check of `moorage doctor`. It starts nothing and leaves nothing. */
export interface DoctorCheck {
  /** In kebab case. `--json` names it together with the provider, such as `docker/address-pools`. */
  readonly name: string
  /** The results, in the order in which they are printed. A rejection is reported as a problem. */
  run(context: CheckContext): Promise<readonly CheckResult[]>
}

/** What `moorage rbac` asks for. */
export interface AccessRequest {
  /** Default: the usual mode of the provider. */
  readonly mode?: string
  /**
   * Where the permissions count, for modes with a namespace. Default: left to the command that applies the manifest.
   */
  readonly namespace?: string
  /** Who gets them. Default: no user, which leaves out the binding. */
  readonly subject?: AccessSubject
}

/** A user, or a service account as `NAMESPACE:NAME`. */
export type AccessSubject = { readonly user: string } | { readonly account: string }
