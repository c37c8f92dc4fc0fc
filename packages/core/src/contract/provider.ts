import type { ImageStores } from './build-spec.ts'
import type { FoundMembers, WantedMember } from './compose-member.ts'
import type { AccessRequest, DoctorCheck } from './doctor-check.ts'
import type { Json, JsonObject } from './json.ts'
import type { Phase, ServiceSpec } from './service.ts'
import type { Endpoint, Unit } from './running-unit.ts'
import type { Ports, UnitSpec } from './unit-spec.ts'

export type { ContainerUnit, Ports, ProcessUnit, UnitSpec } from './unit-spec.ts'

/** A provider as plain data. Its module and SDK load in the supervisor, and only if the provider may be used. */
export interface ProviderRef {
  readonly name: string
  /** URL of a `ProviderModule`. */
  readonly module: string
  readonly options: JsonObject
}

/** What the module of a provider exports. `root` is the user's project, from which packages are resolved. */
export interface ProviderModule {
  provider(options: JsonObject, context: { readonly root: string }): Provider
}

/** Runs services on an engine, such as Docker or Kubernetes. Four members are required. */
export interface Provider {
  readonly name: string
  /** The form of a service that it runs. */
  readonly form: 'container' | 'process'
  /**
   * Checks whether the engine can be used. Settles within 5 s, and within a minute more where a program logs the user
   * in. Never rejects.
   */
  probe(signal: AbortSignal): Promise<ProbeResult>
  /** Opens the session of a run. `Session.close` undoes it. */
  open(run: Run, report: Report, signal: AbortSignal): Promise<Session>
  /**
   * Returns the options that the provider does not support, before anything is started. None is dropped silently.
   * `services` are all services of the run on this provider. Called after the probe; may ask the engine, within 5 s.
   */
  check?(
    service: string,
    spec: ServiceSpec,
    services: { readonly [service: string]: ServiceSpec },
  ): readonly OptionProblem[] | Promise<readonly OptionProblem[]>
  /**
   * Removes the objects of dead owners and returns them. Sweep, `moorage gc` and recovery all use it. Never removes an
   * object of a live owner, or one that moorage did not create.
   */
  reap?(scope: ReapScope, signal: AbortSignal): Promise<readonly ReapedObject[]>
  /**
   * Returns why containers cannot dial the loopback of this machine; undefined if `Session.expose` makes it possible.
   * Called after the probe and before anything is started.
   */
  hostAccess?(): Promise<Omit<OptionProblem, 'at'> | undefined>
  /** Where images that were built must be for its containers. Default: it runs only images that a registry has. */
  imageStores?(signal: AbortSignal): Promise<ImageStores>
  /**
   * The objects that the engine would get for these services, for `moorage render`. Asks no engine and creates nothing.
   */
  render?(run: Pick<Run, 'id' | 'labels'>, units: readonly UnitSpec[]): Rendering
  /** What `moorage doctor` checks beside the probe. Called after the probe, also if that has failed. */
  readonly checks?: readonly DoctorCheck[]
  /**
   * The manifest with which an administrator grants the permissions that moorage needs on the engine, for `moorage
   * rbac`. Throws `MoorageError` (USAGE) for a request that the engine has no manifest for.
   */
  accessManifest?(request: AccessRequest): string
}

/** The objects of a run, as plain data that can be printed. */
export interface Rendering {
  /** In the order in which they are created. */
  readonly objects: readonly JsonObject[]
  /** What a start adds that is not known before it, as sentences. */
  readonly notes: readonly string[]
}

/** Whether a provider can be used. */
export type ProbeResult =
  /** `detail` follows the provider's name in the line that reports the choice. */
  | { readonly ok: true; readonly detail: string }
  /**
   * `broken`: the engine exists but cannot be used, for example because its SDK is missing. That is an error, and no
   * other provider is tried.
   */
  | { readonly ok: false; readonly reason: string; readonly fix: string; readonly broken?: boolean }

/** An option that a provider does not support. */
export interface OptionProblem {
  /** Path of the option below the service's key, such as `container.image`. */
  readonly at: string
  /** Why it is not supported, as a clause without a full stop. */
  readonly reason: string
  /** What the user can do about it, as a sentence. */
  readonly fix: string
}

/** One run: the services of one config from their start to their removal. */
export interface Run {
  /** Unique, and a valid DNS label of at most 63 characters. */
  readonly id: string
  /** Labels for every object that can carry labels. */
  readonly labels: { readonly [name: string]: string }
  readonly owner: Owner
  /** Absolute path of the user's project. */
  readonly root: string
  /** The cache folder. A provider may use a subfolder of its own name. */
  readonly cache: string
}

/**
 * The process that owns a run: when it dies, the run is removed. Its start time distinguishes it from a later process
 * with the same pid.
 */
export interface Owner {
  /** The machine, its boot and the pid namespace, separated by `/`. */
  readonly host: string
  readonly pid: number
  /** Clock ticks between boot and the start of the process on Linux; otherwise 0. */
  readonly started: number
}

/** How a provider reports to the supervisor. */
export interface Report {
  /** A service enters a phase, or makes progress within it. */
  phase(service: string, phase: Phase, detail?: string): void
  /** Call it before creating anything that can outlive the supervisor. The entry is on disk when it returns. */
  journal(entry: Json): void
  /** A line for the user, for example about a retry. Must not contain a secret. */
  notice(text: string): void
}

/** The services of one run on one provider. `close` is queued before `open` is called. */
export interface Session {
  /** Starts a service. When it rejects or the signal aborts, everything that it created is removed. */
  start(unit: UnitSpec, signal: AbortSignal): Promise<Unit>
  /** Removes everything that the session created, in any state. May be called twice. */
  close(): Promise<void>
  /** Lets the run outlive its supervisor by `ms` milliseconds, on engines that support it. Called at most once. */
  keep?(ms: number): Promise<void>
  /**
   * The address at which this machine reaches the ports of containers. A session that has it honours `hostPorts`, also
   * if core chooses them.
   */
  hostAddress?(): Promise<string>
  /**
   * Finds the containers of a compose project that the user has started, for services of the run. Starts nothing and
   * changes nothing; `Unit.stop` of such a unit leaves the container as it is. Default: none is found.
   */
  findMembers?(wanted: { readonly [service: string]: WantedMember }, signal: AbortSignal): Promise<FoundMembers>
  /** Chooses the port numbers of a service if its image does not fix them. A requested 0 stands for any free port. */
  reserve?(service: string, requested: Ports): Promise<Ports>
  /**
   * Lets the services of this session, and no other client, dial a port of this machine's loopback. Returns the address
   * that they dial, which works until the session closes.
   */
  expose?(port: number): Promise<Endpoint>
}

/** What `Provider.reap` may remove. */
export interface ReapScope {
  /** The journals of dead supervisors, with the entries for each object that they were about to create. */
  readonly journals: readonly { readonly run: string; readonly owner: Owner; readonly entries: readonly Json[] }[]
  /** An owner that cannot be judged from here counts as alive. */
  alive(owner: Owner): boolean
  /** Only reports what would be removed. Default: false. */
  readonly dry?: boolean
}

/** An object that was removed, or with `dry` would be removed. */
export interface ReapedObject {
  /** Such as `container` or `namespace`. */
  readonly kind: string
  readonly id: string
  /** The id of the run that it belonged to. */
  readonly run: string
}
