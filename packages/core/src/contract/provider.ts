import type { Json, JsonObject } from './json.ts'
import type { ContainerForm, Phase, ServiceSpec } from './service.ts'

/** A provider as data: the SDK behind it loads only in the supervisor, and only if it is chosen. */
export interface ProviderRef {
  readonly name: string
  /** URL of a `ProviderModule`. */
  readonly module: string
  readonly options: JsonObject
}

/** What a provider's module exports. `root` is the user's project: its packages are resolved from there. */
export interface ProviderModule {
  provider(options: JsonObject, context: { readonly root: string }): Provider
}

/** Where services run: an engine behind four members. */
export interface Provider {
  readonly name: string
  /** Which form of a service it runs. */
  readonly form: 'container' | 'process'
  /** Can it be used here and now? Answers quickly (at most 5 s) and never throws. */
  probe(signal: AbortSignal): Promise<ProbeResult>
  open(run: Run, report: Report, signal: AbortSignal): Promise<Session>
  /** At plan time: options that this provider cannot honour. Nothing is dropped silently. */
  check?(service: string, spec: ServiceSpec): readonly OptionProblem[]
  /** Removes what dead owners left: the one path for sweep, gc and recovery. Never touches what lives or is foreign. */
  reap?(scope: ReapScope, signal: AbortSignal): Promise<readonly ReapedObject[]>
  /** At plan time, after the probe: why its services cannot be let in on this machine's loopback; undefined where `Session.expose` does it. */
  hostAccess?(): Promise<Omit<OptionProblem, 'at'> | undefined>
}

export type ProbeResult =
  /** `detail` stands behind the provider's name in the printed choice. */
  | { readonly ok: true; readonly detail: string }
  /** `broken`: the engine is there but cannot be used (its SDK is missing, say): an error, no silent fall-back. */
  | { readonly ok: false; readonly reason: string; readonly fix: string; readonly broken?: boolean }

/** `at` is the place below the service's key: `container.image`. */
export interface OptionProblem {
  readonly at: string
  readonly reason: string
  readonly fix: string
}

/** One provisioning. */
export interface Run {
  /** A valid DNS label of at most 63 characters; unique. */
  readonly id: string
  /** Labels for every object that can carry some. */
  readonly labels: { readonly [name: string]: string }
  readonly owner: Owner
  /** Absolute path of the user's project. */
  readonly root: string
  /** The documented cache folder; a provider may keep a folder of its name there. */
  readonly cache: string
}

/** Who must live for the run to live: a process, told from a later one with the same number by its start time. */
export interface Owner {
  /** Boot id or host name: pids mean something only there. */
  readonly host: string
  readonly pid: number
  /** Clock ticks since boot on Linux; else milliseconds since the epoch. */
  readonly started: number
}

export interface Report {
  /** A service enters a phase; again for progress within it. */
  phase(service: string, phase: Phase, detail?: string): void
  /** Called, and on disk when it returns, before anything is created that outlives the supervisor. */
  journal(entry: Json): void
  /** A line for the user: a retry, a degradation. Never a secret. */
  notice(text: string): void
}

/** A provider at work for one run. The undo of `open` is `close`, queued before `open` is called. */
export interface Session {
  /** Honours the signal; what a failed or aborted start left is gone when it rejects. */
  start(unit: UnitSpec, signal: AbortSignal): Promise<Unit>
  /** Removes everything that the session made, whatever happened before; may be called twice. */
  close(): Promise<void>
  /** Lets the run outlive its supervisor for so many milliseconds, where its engine can do that; called once. */
  keep?(ms: number): Promise<void>
  /** Chooses the numbers that the service will listen on, where they are not its own to choose: 0 wishes for any. */
  reserve?(service: string, wishes: Ports): Promise<Ports>
  /** Lets the session's services, and nobody else, dial a port of this machine's loopback; gives the address that they dial. Ends with the session. */
  expose?(port: number): Promise<Endpoint>
}

export type Ports = { readonly [name: string]: number }

/** A service with every reference filled in. */
export interface UnitSpec {
  /** The service's key: its name among its siblings. */
  readonly name: string
  /** What it listens on, by name; the first one is the main port. */
  readonly ports: Ports
  readonly env: { readonly [name: string]: string }
  /** Names of variables whose value holds a secret. */
  readonly sensitive: readonly string[]
  readonly container?: ContainerUnit
  readonly process?: ProcessUnit
}

export interface ContainerUnit extends Omit<
  ContainerForm,
  'env' | 'connection' | 'ready' | 'entrypoint' | 'command' | 'files'
> {
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly files?: {
    readonly [path: string]: { readonly source: string } | { readonly content: string; readonly mode?: number }
  }
}

export interface ProcessUnit {
  readonly command?: readonly string[]
  /** Path of a module that exports `program(context)`. */
  readonly program?: string
  readonly options: JsonObject
  readonly secrets: { readonly [name: string]: string }
  readonly cwd: string
}

/** A service that runs. */
export interface Unit {
  /** `host`: reachable from this machine. `network`: reachable from sibling services. */
  endpoint(port: number, from: 'host' | 'network'): Promise<Endpoint>
  /** From the first line on; ends when the unit has ended, or at once after the last line without `follow`. */
  logs(options: LogOptions): AsyncIterable<LogLine>
  /** Settles when the unit ends for any reason but `stop`; never rejects. */
  readonly exited: Promise<Exit>
  /** May be called twice, and after the unit has ended. */
  stop(): Promise<void>
  exec?(command: readonly string[], signal: AbortSignal): Promise<ExecResult>
  /** A command line that shows its log to a person. Default: `moorage logs <service>`. */
  readonly inspect?: string
  /** Why nobody listens behind a port, undefined when somebody does: for ways on which an accepted connection says nothing. */
  portProblem?(port: number, signal: AbortSignal): Promise<string | undefined>
}

export interface Endpoint {
  readonly host: string
  readonly port: number
}

export interface LogOptions {
  readonly follow?: boolean
  /** Only the last lines. Default: all. */
  readonly tail?: number
  readonly signal?: AbortSignal
}

export interface LogLine {
  readonly stream: 'stdout' | 'stderr'
  readonly text: string
}

export interface Exit {
  readonly reason: 'exited' | 'evicted' | 'lost'
  readonly code?: number
  readonly signal?: string
  /** What the engine says about it: out of memory, node lost. */
  readonly detail?: string
}

export interface ExecResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface ReapScope {
  /** Journals of dead supervisors: what each was about to create. */
  readonly journals: readonly { readonly run: string; readonly owner: Owner; readonly entries: readonly Json[] }[]
  alive(owner: Owner): boolean
  /** Only tells what would be removed. */
  readonly dry?: boolean
}

export interface ReapedObject {
  readonly kind: string
  readonly id: string
  readonly run: string
}
