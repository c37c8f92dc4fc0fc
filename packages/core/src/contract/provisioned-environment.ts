import type { ExecResult, LogLine } from './running-unit.ts'

/** The running services that `provision()` returns. Dispose it, or declare it with `await using`. */
export interface Environment<E = unknown> extends AsyncDisposable {
  /** The run's id, which is part of the name of every object that the run creates. */
  readonly run: string
  /** The connection of each service as plain JSON: `host`, `port`, `url` and the further fields of its protocol. */
  readonly endpoints: E
  /** Environment variables for child processes: `<NAME>_URL` for each service, and `MOORAGE` with all connections. */
  readonly env: { readonly [name: string]: string }
  /**
   * Returns the last log lines of a service; `tail` is their number, 50 by default. Throws `MoorageError`: USAGE for a
   * service that does not run in this environment, DEADLINE if the log cannot be read within 10 s.
   */
  logs(service: keyof E & string, tail?: number): Promise<readonly LogLine[]>
  /**
   * Runs a command inside a service. An exit code other than 0 is a result, not an error. Throws `MoorageError`: USAGE
   * for a service that does not run in this environment, OPTION_UNSUPPORTED if its provider cannot run commands.
   */
  exec(service: keyof E & string, command: readonly string[]): Promise<ExecResult>
  /**
   * Removes everything that this run created, and waits at most 8 s for it. Never throws; may be called twice. Pass
   * `failed: true` if the tests failed: with `keep: 'on-failure'` the services are then kept for inspection.
   */
  dispose(outcome?: { readonly failed: boolean }): Promise<void>
}
