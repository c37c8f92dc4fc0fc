import type { BuildSpec } from './build-spec.ts'
import type { ComposeMember } from './compose-member.ts'
import type { ContainerSettings } from './container-settings.ts'
import type { Json, JsonObject } from './json.ts'

/** The phases of a start, in their order. Each has its own deadline. */
export type Phase = 'admit' | 'build' | 'schedule' | 'pull' | 'start' | 'ready'

/** The state that another service must reach: running, ready, or ended with exit code 0. */
export type Condition = 'started' | 'ready' | 'completed'

/**
 * Text that is resolved when the service starts. A string or number stands for itself. The other forms are
 * `{ $ref: [service, ...path] }` (a field of another service's connection), `{ $self: path }` (a field of the service's
 * own address, as its reader sees it), `{ $secret: name }` (random, one for each service and name), `{ $join: parts }`,
 * and `{ $encode: template }` (percent-encoded for a URL).
 */
export type Template =
  | string
  | number
  | { readonly $ref: readonly string[] }
  | { readonly $self: readonly string[] }
  | { readonly $secret: string }
  | { readonly $join: readonly Template[] }
  | { readonly $encode: Template }

/** A file or folder of the user. Its content is part of the hash; its path is not. */
export interface FileRef {
  /** Absolute once the plan is created. */
  readonly $file: string
  /** The option of the preset that names the file, for messages. Removed once the path is checked. */
  readonly $option?: string
}

/** A script in package.json, whose text counts in the hash. */
export interface ScriptRef {
  /** The folder of package.json. A relative path starts at the root of the project. */
  readonly folder: string
  readonly name: string
}

/** The fields of a connection, such as `host`, `port` and `url`, as templates. */
export type Connection = { readonly [field: string]: Template | Connection }

/** The fields of a connection with every template resolved. */
export type PlainConnection = { readonly [field: string]: Json }

/** Environment variables of a service, as templates. */
export type EnvTemplate = { readonly [name: string]: Template }

/** A service as its preset describes it, in the forms that it can run in. */
export interface ServiceSpec {
  /** The name of the preset, for messages. */
  readonly preset: string
  /** Port numbers by name. The first one is the main port. */
  readonly ports: { readonly [name: string]: number }
  readonly container?: ContainerForm
  readonly process?: ProcessForm
  /** The services that must reach a condition before this one starts. */
  readonly needs?: { readonly [service: string]: Condition }
  /** `host` runs the service as a process on this machine, whatever the provider. Default: `provider`. */
  readonly placement?: 'provider' | 'host'
  /** The environment variable for its URL. Default: `<NAME>_URL`. */
  readonly as?: string
  /** Further variables for the tests. A variable that the user has set keeps its value. */
  readonly variables?: { readonly [name: string]: string }
  readonly seed?: SeedSpec
  /** What its process depends on besides its options. It counts in the hash, and starts nothing. */
  readonly inputs?: {
    readonly files?: readonly FileRef[]
    readonly scripts?: readonly ScriptRef[]
  }
  readonly isolate?: IsolateSpec
  /** Milliseconds by phase. Defaults: admit 30 s, build 10 min, schedule 60 s, pull 10 min, start 60 s, ready 120 s. */
  readonly deadlines?: { readonly [P in Phase]?: number }
}

/** The members that every form has. */
export interface Form {
  readonly env?: EnvTemplate
  /** What a test gets: `host`, `port`, `url` and the further fields of the protocol. */
  readonly connection: Connection
  /** All must succeed, in this order, before the service is ready. Default: none. */
  readonly ready?: readonly Probe[]
  /** Runs when all probes have succeeded, before the seed. Its module exports a `Seed` as `prepare`. */
  readonly prepare?: SeedSpec
}

/** A service as a container. */
export interface ContainerForm extends Form, ContainerSettings {
  /** The image with its tag or digest, or what it is built from. */
  readonly image: string | BuildSpec
  /** Default: the entrypoint of the image. */
  readonly entrypoint?: readonly Template[]
  /** Default: the command of the image. */
  readonly command?: readonly Template[]
  /**
   * Files and folders, by absolute path in the container. They are in place before the main process starts. `mode` is
   * the permission bits, 0o644 by default.
   */
  readonly files?: {
    readonly [path: string]: FileRef | { readonly content: Template; readonly mode?: number }
  }
  /** The container of a compose project that it stands for. It is used in its place where that project is up. */
  readonly composeMember?: ComposeMember
}

/** A service as a plain process: a command, or a program, which is a module that derives the command from the ports. */
export interface ProcessForm extends Form {
  /** The executable and its arguments. */
  readonly command?: readonly Template[]
  /** A `ProgramModule`. */
  readonly program?: FileRef
  /** Options for the program. */
  readonly options?: JsonObject
  /** Port numbers that the user has fixed, by the port's name. Default: free ports. */
  readonly fixedPorts?: { readonly [name: string]: number }
  /** Working directory, an absolute path. Default: the root of the project. */
  readonly cwd?: string
  /** Options that the user has set and that a process does not support, each with the reason. */
  readonly refused?: { readonly [option: string]: string }
}

/** The seed of a service, run once in each run, before the service counts as ready. */
export interface SeedSpec {
  /** Exports a `Seed`. */
  readonly module: FileRef
  /** Passed to the seed. The content of every `$file` in them is part of the hash. */
  readonly options?: JsonObject
}

/** The scopes of isolation: one database for each test worker, for each test file, or a new one for each test. */
export const ISOLATION_SCOPES = ['worker', 'file', 'test'] as const

export type IsolationScope = (typeof ISOLATION_SCOPES)[number]

/** The isolation of a service. */
export interface IsolateSpec {
  /** The scope that gets a database of its own. */
  readonly each: IsolationScope
  /** Exports an `Isolation`. */
  readonly module: FileRef
  /** Packages of which the user's project must have one. Default: none is needed. */
  readonly drivers?: readonly string[]
}

/** Bytes to send or to expect: as hexadecimal digits, or as text in UTF-8. */
export type Bytes = { readonly hex: string } | { readonly text: Template }

/**
 * A check that a service is ready; it is repeated until it succeeds. `port` is the name of a port, by default the main
 * one. Probes other than `log` and `exec` connect by the same route as tests.
 */
export type Probe =
  /** The port accepts a connection and keeps it open. */
  | { readonly kind: 'tcp'; readonly port?: string }
  | HttpProbe
  | LogProbe
  /** The command, run inside the service, ends with exit code 0. */
  | { readonly kind: 'exec'; readonly command: readonly Template[] }
  | HealthProbe
  | ExchangeProbe

/** An HTTP request is answered as expected. Redirects are not followed. */
export interface HttpProbe {
  readonly kind: 'http'
  readonly port?: string
  /** Default: `/`. */
  readonly path?: string
  /** Default: `GET`. */
  readonly method?: string
  readonly headers?: { readonly [name: string]: Template }
  /** The body of the request. Default: none. */
  readonly body?: Template
  /** Dials by TLS. Default: plain HTTP. */
  readonly tls?: true | HttpProbeTls
  /** Default: 200 to 399, 401 and 403. */
  readonly status?: readonly number[]
  /** Text that the body of the answer contains. */
  readonly contains?: string
  /** A regular expression that the body of the answer matches. */
  readonly matches?: string
}

export interface HttpProbeTls {
  /** Accepts every certificate. Default: false. */
  readonly insecure?: boolean
  /** A certificate in PEM to trust instead of the well-known authorities. */
  readonly ca?: string
  /** The name in the certificate, if it is not the host of the URL. */
  readonly serverName?: string
}

/** Lines of the log match. */
export interface LogProbe {
  readonly kind: 'log'
  /** A regular expression. */
  readonly pattern: string
  /** Number of lines that match. Default: 1. */
  readonly times?: number
  /** A regular expression: only lines after the last one that matches it count. Default: all lines. */
  readonly since?: string
}

/** The health check of the container succeeds: `healthCheck` of the config, else the HEALTHCHECK of the image. */
export interface HealthProbe {
  readonly kind: 'health'
  /** Succeeds if there is no health check. Default: false, which is an error then. */
  readonly optional?: boolean
}

/** Sends bytes and expects bytes, so that a protocol is checked without a client library. */
export interface ExchangeProbe {
  readonly kind: 'exchange'
  readonly port?: string
  /** Plain text stands for `{ text }`. Default: nothing is sent, and the service speaks first. */
  readonly send?: Bytes | Template
  readonly expect: Bytes | Template
  /** Where `expect` must be in the answer. Default: `start`. */
  readonly at?: 'start' | 'anywhere'
  /**
   * Ends a session that the server has opened for the probe: if the answer begins with `after`, the probe sends `send`
   * before it closes the connection. Default: the connection is cut.
   */
  readonly farewell?: { readonly after: Bytes; readonly send: Bytes }
}
