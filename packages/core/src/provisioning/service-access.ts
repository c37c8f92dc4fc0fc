import { closestWord } from '../config/closest-word.ts'
import { MoorageError } from '../contract/errors.ts'
import type { ExecResult, LogLine, LogOptions, ShellCommand, Unit } from '../contract/running-unit.ts'
import { withTimeout, type Clock } from '../provider-kit/clock.ts'
import { healthProblem } from './recheck-ready.ts'
import type { RunSecrets } from './run-secrets.ts'
import type { RunningService } from './start-context.ts'

const READ_LOGS_TIMEOUT_MS = 10_000

export interface ServiceAccessContext {
  readonly running: ReadonlyMap<string, RunningService>
  readonly clock: Clock
  readonly secrets: RunSecrets
  /** Aborted when the run is stopped. */
  readonly signal: AbortSignal
}

/** Access to the services of a run while they run: logs, commands and health. Its texts contain no secrets. */
export class ServiceAccess {
  readonly #context: ServiceAccessContext

  constructor(context: ServiceAccessContext) {
    this.#context = context
  }

  /** A command line for each service that shows its log. */
  get inspectCommands(): { readonly [service: string]: string } {
    return Object.fromEntries(
      [...this.#context.running].map(([name, { unit }]) => [name, unit.inspect ?? `moorage logs ${name}`]),
    )
  }

  /** Why services that were ready no longer are, by name. Services for which `isChecked` is false are skipped. */
  async healthProblems(isChecked: (service: string) => boolean): Promise<ReadonlyMap<string, string>> {
    const { running, secrets } = this.#context
    const checks = [...running]
      .filter(([name]) => isChecked(name))
      .map(async ([name, service]) => [name, await healthProblem(name, service, this.#context)] as const)
    const results = await Promise.all(checks)
    return new Map(
      results.flatMap(([name, reason]) => (reason === undefined ? [] : [[name, secrets.redact(reason)] as const])),
    )
  }

  /**
   * Passes log lines of a service to `onLine`, one after another, until the log ends or the signal aborts. Throws
   * `MoorageError` (DEADLINE) if, without `follow`, the engine takes longer than 10 s for a line.
   */
  async readLog(service: string, options: LogOptions, onLine: (line: LogLine) => Promise<void>): Promise<void> {
    const timeout = new AbortController()
    const signal = AbortSignal.any([timeout.signal, ...(options.signal ? [options.signal] : [])])
    const lines = this.#unit(service)
      .logs({ ...options, signal })
      [Symbol.asyncIterator]()
    const late = (): never => {
      timeout.abort()
      throw new MoorageError(
        'DEADLINE',
        `services.${service}: its log could not be read within ${READ_LOGS_TIMEOUT_MS / 1000} s.`,
        { service, hint: 'Check whether its engine responds.' },
      )
    }
    const next = async (): Promise<IteratorResult<LogLine>> => {
      const line = lines.next()
      if (options.follow) return await line
      // The time in which the reader reads is not the engine's.
      return await withTimeout(line, { clock: this.#context.clock, ms: READ_LOGS_TIMEOUT_MS, late })
    }
    try {
      for (let line = await next(); !line.done; line = await next()) {
        const { stream, text } = line.value
        await onLine({ stream, text: this.#context.secrets.redact(text) })
      }
    } finally {
      // Ends the request to the engine, also when a line is late or its reader has failed.
      timeout.abort()
    }
  }

  /** Runs a command inside a service. Throws `MoorageError` (OPTION_UNSUPPORTED) if its provider cannot do that. */
  async exec({
    service,
    command,
  }: {
    readonly service: string
    readonly command: readonly string[]
  }): Promise<ExecResult> {
    const unit = this.#unit(service)
    if (unit.exec) return await unit.exec(command, this.#context.signal)
    throw new MoorageError('OPTION_UNSUPPORTED', `services.${service}: its provider cannot run commands inside it.`, {
      service,
    })
  }

  /** The command line of a shell in a service. Throws `MoorageError` (OPTION_UNSUPPORTED) if its provider has none. */
  shell({ service, tty }: { readonly service: string; readonly tty: boolean }): ShellCommand {
    const unit = this.#unit(service)
    if (unit.shell) return unit.shell(tty)
    throw new MoorageError('OPTION_UNSUPPORTED', `services.${service}: its provider cannot open a shell inside it.`, {
      service,
    })
  }

  /** Throws `MoorageError` (USAGE) for a service that does not run here. */
  requireRunning(service: string): void {
    this.#unit(service)
  }

  #unit(service: string): Unit {
    const { running } = this.#context
    const found = running.get(service)
    if (found) return found.unit
    const meant = closestWord(service, [...running.keys()])
    const suggestion = meant === undefined ? '' : ` Did you mean ${meant}?`
    throw new MoorageError('USAGE', `services.${service} is not running in this run.${suggestion}`, {
      service,
      hint: `Running services: ${[...running.keys()].join(', ') || 'none'}.`,
    })
  }
}
