import type { ExecResult, LogLine } from './provider.ts'

/** A provisioned run: what `provision()` returns. Dispose it, or write `await using`. */
export interface Environment<E = unknown> extends AsyncDisposable {
  /** The run's id: part of the name of everything that it created. */
  readonly run: string
  /** Each service's connection: `host`, `port`, `url` and what its protocol has besides. Plain JSON. */
  readonly endpoints: E
  /** Environment variables for child processes: `<NAME>_URL` for each service, and `MOORAGE` with everything. */
  readonly env: { readonly [name: string]: string }
  /** The last lines of a service. `tail` defaults to 50. Throws `MoorageError` (USAGE) for a name that does not run here. */
  logs(service: keyof E & string, tail?: number): Promise<readonly LogLine[]>
  /** Runs a command inside a service. */
  exec(service: keyof E & string, command: readonly string[]): Promise<ExecResult>
  /**
   * Takes everything down that this run brought up, and waits for it, 8 s at most. Never throws; may be called twice.
   * `failed` says that what used the services has failed: with `keep: 'on-failure'` they stay to be looked at.
   */
  dispose(outcome?: { readonly failed: boolean }): Promise<void>
}
