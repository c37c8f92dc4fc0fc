import type { HealthCheck } from './container-settings.ts'

/** A started service. */
export interface Unit {
  /** The address of a port as seen from this machine (`host`) or from the other services of the session (`network`). */
  endpoint(port: number, from: 'host' | 'network'): Promise<Endpoint>
  /** The log from its first line. With `follow` it ends when the unit has ended, otherwise after the last line. */
  logs(options: LogOptions): AsyncIterable<LogLine>
  /** Resolves when the unit ends for any reason other than `stop`. Never rejects. */
  readonly exited: Promise<Exit>
  /** May be called twice, and after the unit has ended. */
  stop(): Promise<void>
  /** Runs a command inside the unit. */
  exec?(command: readonly string[], signal: AbortSignal): Promise<ExecResult>
  /** A command line that shows the log of the unit. Default: `moorage logs <service>`. */
  readonly inspect?: string
  /**
   * Returns the command line of an interactive shell in the unit, which `moorage shell` runs on the user's terminal.
   * Without a terminal (`tty` is false), the shell reads its commands from a pipe.
   */
  shell?(tty: boolean): ShellCommand
  /**
   * Returns why nothing listens on a port; undefined if something does. For forwarded ports, where an accepted
   * connection proves nothing.
   */
  portProblem?(port: number, signal: AbortSignal): Promise<string | undefined>
  /**
   * Returns where the processes of the unit listen, such as `[::1]:3000 (process 12, node)`, for the message of a
   * missed deadline; undefined where this cannot be found out.
   */
  listeners?(): Promise<readonly string[] | undefined>
  /**
   * Returns the HEALTHCHECK of the unit's image; undefined where it has none. moorage runs it by `exec`. Without this
   * member, only a health check of the config is honoured.
   */
  imageHealthCheck?(signal: AbortSignal): Promise<HealthCheck | undefined>
}

/** The command line of an interactive shell. */
export interface ShellCommand {
  /** Program and arguments. Without it, the user's own shell runs. */
  readonly command?: readonly string[]
  /** Working directory. Default: that of the user. */
  readonly cwd?: string
  /** Environment variables that the shell has besides those of the user. */
  readonly env?: { readonly [name: string]: string }
}

/** A TCP address. */
export interface Endpoint {
  /** Host name or IP address. */
  readonly host: string
  readonly port: number
}

/** Which log lines to read. */
export interface LogOptions {
  /** Waits for further lines until the unit ends. Default: false. */
  readonly follow?: boolean
  /** Number of lines, counted from the end. Default: all. */
  readonly tail?: number
  readonly signal?: AbortSignal
}

/** One line of a service's output. */
export interface LogLine {
  readonly stream: 'stdout' | 'stderr'
  /** Without the line break. */
  readonly text: string
}

/** How a unit ended. */
export interface Exit {
  /** `evicted`: the engine removed the unit. `lost`: another program removed it, or the engine stopped answering. */
  readonly reason: 'exited' | 'evicted' | 'lost'
  /** The exit code, if the engine reports one. */
  readonly code?: number
  /** The signal that ended it, such as `SIGKILL`. */
  readonly signal?: string
  /** What the engine reports about it, such as a lack of memory or a lost node. */
  readonly detail?: string
}

/** The result of a command that ran inside a service. */
export interface ExecResult {
  /** The exit code. */
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}
