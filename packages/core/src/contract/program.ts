import type { JsonObject } from './json.ts'
import type { Ports } from './provider.ts'

/** What a program's module gets to work out its command. */
export interface ProgramContext {
  readonly service: string
  readonly ports: Ports
  readonly options: JsonObject
  readonly secrets: { readonly [name: string]: string }
  /** The project's root: packages of the user's are resolved from here. */
  readonly root: string
  /** An empty folder for this run alone; removed afterwards, whoever owns it. */
  dir(): Promise<string>
  /** A folder that survives runs, for what is costly to make again. */
  cache(name: string): Promise<string>
  /** A line for the user. Never a secret. */
  notice(text: string): void
  readonly signal: AbortSignal
}

/** How to run a program as a plain process. */
export interface Program {
  readonly command: readonly string[]
  readonly env?: { readonly [name: string]: string }
  readonly cwd?: string
  /** Run as this user and group, where the supervisor is root. */
  readonly uid?: number
  readonly gid?: number
  /** Sent first at the end. Default: SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
}

/** A program's module exports `program`. */
export type ProgramModule = { program(context: ProgramContext): Promise<Program> }
