import type { EndedService, Progress } from '../contract/progress.ts'
import type { ExecResult, LogLine, ShellCommand } from '../contract/running-unit.ts'
import type { RunRequest } from './run-request.ts'
import type { OpenedRun, RunStatus } from './run-status.ts'

/** A request with the version of the client that sends it. */
export interface OpenParams extends RunRequest {
  readonly protocol: number
}

/** The result of a client's tests or command. */
export interface Outcome {
  readonly failed: boolean
}

export interface LogQuery {
  readonly service: string
  /** How many of the last lines. */
  readonly tail: number
  /** Continues with new lines until the service ends or the client disconnects. */
  readonly follow: boolean
}

/** The methods of the supervisor. `open` and its `protocol` keep their shape, so that any two versions can tell. */
export interface Methods {
  /** Starts the run, or joins it, and restarts services that have died. */
  open: { readonly params: OpenParams; readonly result: OpenedRun }
  /** Applies a request to the run. The result is null where the run cannot be updated: other clients use it, say. */
  update: { readonly params: OpenParams; readonly result: OpenedRun | null }
  ping: { readonly params: null; readonly result: null }
  /** Lets the run outlive its clients by `ms` milliseconds. */
  retain: { readonly params: { readonly ms: number }; readonly result: null }
  /** Leaves the run. The last client gets what could not be removed, once everything else is gone. */
  leave: { readonly params: Outcome; readonly result: { readonly failures: readonly string[] } }
  /** Ends the retention. The run ends now, or with the last of its `users`. */
  endRetention: {
    readonly params: null
    readonly result: { readonly users: number; readonly failures: readonly string[] }
  }
  /** Records the latest result of a test: tests that fail last keep the run. */
  recordTestAttempt: { readonly params: { readonly test: string; readonly failed: boolean }; readonly result: null }
  /** Services that have ended by themselves since they were last started. */
  endedServices: { readonly params: null; readonly result: readonly EndedService[] }
  status: { readonly params: null; readonly result: RunStatus | null }
  /** Sends a `logLine` event for each line, as fast as the client reads them, and returns after the last one. */
  readLogs: { readonly params: LogQuery & { readonly reader: number }; readonly result: null }
  /** Restarts these services, or all, and those that need them. */
  restart: { readonly params: { readonly services: readonly string[] }; readonly result: OpenedRun }
  /** The command line of an interactive shell in a service. */
  shell: { readonly params: { readonly service: string; readonly tty: boolean }; readonly result: ShellCommand }
  exec: {
    readonly params: { readonly service: string; readonly command: readonly string[] }
    readonly result: ExecResult
  }
}

/** The events. The supervisor sends them, except `observing`. */
export interface Events {
  /** Comes first: the supervisor's protocol. It keeps its shape, so that any two versions can tell. */
  hello: number
  progress: Progress
  /** A line for one call of `readLogs`: `reader` is the number that the client gave it. */
  logLine: LogLine & { readonly reader: number }
  /** The run that this client uses was taken down, for this reason. */
  ended: string
  /** This supervisor is shutting down: connect again to get another one. */
  reconnect: true
  /** A client sends it that only inspects the run: the run ends without regard to this client. */
  observing: true
}

export type MethodName = keyof Methods
export type Params<M extends MethodName> = Methods[M]['params']
export type Result<M extends MethodName> = Methods[M]['result']
export type MethodHandlers = { readonly [M in MethodName]: (params: Params<M>) => Promise<Result<M>> | Result<M> }

export type EventName = keyof Events
export type EventHandlers = { readonly [E in EventName]?: (payload: Events[E]) => void }
