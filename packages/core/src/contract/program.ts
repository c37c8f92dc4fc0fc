import type { JsonObject } from './json.ts'
import type { Ports } from './provider.ts'

/** What a program gets to derive its command from. */
export interface ProgramContext {
  /** The key of the service. */
  readonly service: string
  /** The port numbers to listen on, by name. */
  readonly ports: Ports
  readonly options: JsonObject
  readonly secrets: { readonly [name: string]: string }
  /** The folder of the user's project, from which packages are resolved. */
  readonly root: string
  /** Creates an empty folder for this run, and removes it afterwards, whichever user owns its files. */
  dir(): Promise<string>
  /** A folder that survives the run, for files that are expensive to create. */
  cache(name: string): Promise<string>
  /** A line for the user. Must not contain a secret. */
  notice(text: string): void
  readonly signal: AbortSignal
}

/** How to run a service as a plain process. */
export interface Program {
  /** The executable and its arguments. */
  readonly command: readonly string[]
  /** Further variables. */
  readonly env?: { readonly [name: string]: string }
  /** Working directory. Default: the one of the service's form. */
  readonly cwd?: string
  /** The user to run as, if the supervisor is root. Default: the supervisor's. */
  readonly uid?: number
  /** The group to run as, if the supervisor is root. Default: the supervisor's. */
  readonly gid?: number
  /** The first signal of a stop. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
}

/** What the module of a program exports. */
export type ProgramModule = { program(context: ProgramContext): Promise<Program> }
