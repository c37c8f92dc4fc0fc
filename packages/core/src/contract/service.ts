import type { Json, JsonObject } from './json.ts'

/** The stages that a service moves through, each with a deadline of its own. */
export type Phase = 'admit' | 'schedule' | 'pull' | 'start' | 'ready'

/** When a service that is needed counts as there. */
export type Condition = 'started' | 'ready' | 'completed'

/**
 * Text that is filled in when the service runs. A plain string stands for itself; the other forms are
 * `{ $ref: [service, ...path] }` (another service's connection), `{ $self: path }` (the service's own address,
 * as its reader sees it), `{ $secret: name }` (random, one per service and name), `{ $join: parts }`, and
 * `{ $encode: template }` (percent-encoded for a URL).
 */
export type Template =
  | string
  | number
  | { readonly $ref: readonly string[] }
  | { readonly $self: readonly string[] }
  | { readonly $secret: string }
  | { readonly $join: readonly Template[] }
  | { readonly $encode: Template }

/** A file or folder of the user's, by absolute path. Its content counts in the hash, not its place. */
export interface FileRef {
  readonly $file: string
  /** The preset's option that names it, for messages; gone once the path is checked. */
  readonly $option?: string
}

export type Connection = { readonly [field: string]: Template | Connection }
export type EnvTemplate = { readonly [name: string]: Template }

/** What does not depend on where the service runs. `ports` maps names to numbers; the first one is the main port. */
export interface ServiceSpec {
  readonly preset: string
  readonly ports: { readonly [name: string]: number }
  readonly container?: ContainerForm
  readonly process?: ProcessForm
  readonly needs?: { readonly [service: string]: Condition }
  /** `host` runs the service as a process beside the tests, whatever the provider. Default: `provider`. */
  readonly placement?: 'provider' | 'host'
  /** The environment variable for its URL. Default: `<NAME>_URL`. */
  readonly as?: string
  /** Further variables that whoever uses the service reads; one that the user has set stays as it is. */
  readonly variables?: { readonly [name: string]: string }
  readonly seed?: SeedSpec
  readonly isolate?: IsolateSpec
  /** Milliseconds by phase. Defaults: admit 30 s, schedule 60 s, pull 10 min, start 60 s, ready 120 s. */
  readonly deadlines?: { readonly [P in Phase]?: number }
}

/** What every form of a service says. */
export interface Form {
  readonly env?: EnvTemplate
  /** What a test gets: `host`, `port`, `url` and whatever else the protocol has. */
  readonly connection: Connection
  /** All must hold, in this order, before the service counts as ready. */
  readonly ready?: readonly Probe[]
}

export interface ContainerForm extends Form {
  readonly image: string
  readonly entrypoint?: readonly Template[]
  readonly command?: readonly Template[]
  /** `uid` or `uid:gid`, numeric so that a cluster can prove that it is not root. */
  readonly user?: string
  readonly workingDir?: string
  /** Folders in memory, by path in the container. */
  readonly tmpfs?: readonly string[]
  /** Files and folders delivered before the main process starts, by path in the container. */
  readonly files?: { readonly [path: string]: FileRef | { readonly content: Template; readonly mode?: number } }
  /** Gives this machine the name `host.moorage.internal` in the container, and lends it these ports of its loopback. */
  readonly hostAccess?: true | readonly number[]
  /** Seconds between the stop signal and the kill. Default: 1. */
  readonly stopGrace?: number
}

/** Either a command, or a program: a module that works out the command when the ports are known. */
export interface ProcessForm extends Form {
  readonly command?: readonly Template[]
  readonly program?: FileRef
  readonly options?: JsonObject
  /** Numbers that the user has fixed, by the port's name. Default: free ones. */
  readonly fixedPorts?: { readonly [name: string]: number }
  /** Absolute path. Default: the root of the project. */
  readonly cwd?: string
  /** Options that the user has set and a process cannot honour, each with the reason. */
  readonly refused?: { readonly [option: string]: string }
}

/** A module that exports `seed(connection, options)`, run once per run before the service counts as ready. A `$file` in the options is part of the hash. */
export interface SeedSpec {
  readonly module: FileRef
  readonly options?: JsonObject
}

/** Who shares a database with whom: one for each test worker, one for each test file, or a new one for each test. */
export const ISOLATION_SCOPES = ['worker', 'file', 'test'] as const

export type IsolationScope = (typeof ISOLATION_SCOPES)[number]

/** A database of its own for each worker, file or test. `module` exports an `Isolation`. */
export interface IsolateSpec {
  readonly each: IsolationScope
  readonly module: FileRef
  /** Packages of the user's of which one has to be there. */
  readonly drivers?: readonly string[]
}

export type Bytes = { readonly hex: string } | { readonly text: Template }

/** `port` is a port's name; default: the main port. Every probe but `log` and `exec` takes the path that tests take. */
export type Probe =
  | { readonly kind: 'tcp'; readonly port?: string }
  | { readonly kind: 'http'; readonly port?: string; readonly path?: string; readonly status?: readonly number[] }
  | { readonly kind: 'log'; readonly pattern: string; readonly times?: number }
  | { readonly kind: 'exec'; readonly command: readonly Template[] }
  | ExchangeProbe

/** Sends bytes, expects bytes: a protocol's own greeting, without a client library. */
export interface ExchangeProbe {
  readonly kind: 'exchange'
  readonly port?: string
  readonly send?: Bytes
  readonly expect: Bytes
  /** Where `expect` must stand in the answer. Default: `start`. */
  readonly at?: 'start' | 'anywhere'
}

export type PlainConnection = { readonly [field: string]: Json }
