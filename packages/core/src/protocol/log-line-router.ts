import type { LogLine } from '../contract/running-unit.ts'
import type { Events, LogQuery, Params } from './methods.ts'

/** The client's part of reading logs: passes each `logLine` event to the call that it belongs to. */
export class LogLineRouter {
  readonly #listeners = new Map<number, (line: LogLine) => void>()
  #lastReader = 0

  /** Handles the event `logLine`. */
  readonly onLogLine = ({ reader, stream, text }: Events['logLine']): void => {
    this.#listeners.get(reader)?.({ stream, text })
  }

  /** Resolves after the last line. Throws what `call` throws. */
  async read(
    query: LogQuery,
    onLine: (line: LogLine) => void,
    call: (params: Params<'readLogs'>) => Promise<unknown>,
  ): Promise<void> {
    const reader = ++this.#lastReader
    this.#listeners.set(reader, onLine)
    await call({ ...query, reader }).finally(() => this.#listeners.delete(reader))
  }
}
