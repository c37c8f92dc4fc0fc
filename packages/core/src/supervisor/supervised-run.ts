import { planVariables } from '../config/exported-variables.ts'
import { MoorageError } from '../contract/errors.ts'
import type { EndedService, ProgressListener } from '../contract/progress.ts'
import type { Run } from '../contract/provider.ts'
import type { ExecResult, LogLine, ShellCommand } from '../contract/running-unit.ts'
import { debugLog } from '../provider-kit/debug-log.ts'
import { summarizeProgress } from '../protocol/debug-messages.ts'
import type { LogQuery, Params } from '../protocol/methods.ts'
import type { ProvisionRequest, RunRequest } from '../protocol/run-request.ts'
import type { Connections, OpenedRun, RunStatus } from '../protocol/run-status.ts'
import { Reconciler } from '../provisioning/reconciler.ts'
import type { RunContext } from '../provisioning/run-context.ts'
import type { TeardownResult } from '../provisioning/task-stack.ts'
import { retentionMessage } from './retention-message.ts'

/** The run of a supervisor: its request, its services, and what has happened to them. */
export class SupervisedRun {
  /** The latest request. */
  request: RunRequest
  readonly #run: Run
  readonly #reconciler: Reconciler
  readonly #onProgress: ProgressListener
  #connections: Connections = {}
  /** Services that have ended by themselves since the request was last applied. */
  readonly endedServices: EndedService[] = []
  /** Tests whose latest attempt failed. */
  readonly failingTests: Set<string> = new Set()
  /** Whether all services have been ready at least once. */
  started = false

  constructor(request: RunRequest, context: RunContext) {
    this.request = request
    this.#run = context.run
    this.#onProgress = (progress) => {
      debugLog('provisioning')?.('progress', summarizeProgress(progress))
      if (progress.kind === 'exited') this.endedServices.push(progress)
      context.onProgress(progress)
    }
    this.#reconciler = new Reconciler({ ...context, onProgress: this.#onProgress })
  }

  /** Whether a start has failed or the teardown has begun: nothing can be started any more. */
  get broken(): boolean {
    return this.#reconciler.broken
  }

  /** Whether a service is left that a user could inspect. */
  get hasServices(): boolean {
    return Object.keys(this.#reconciler.services.inspectCommands).length > 0
  }

  /** Starts what the request adds or changes. Throws MoorageError of any code that a start can have. */
  async apply(request: ProvisionRequest): Promise<OpenedRun> {
    this.#connections = await this.#reconciler.apply(request)
    // What had ended has been started again.
    this.endedServices.length = 0
    this.started = true
    return { run: this.#run.id, connections: this.#connections }
  }

  /** Restarts what has died or changed. Only a first start that fails is kept, so `keep` does not apply here. */
  async reapply(): Promise<OpenedRun> {
    const { keep: _, ...request } = this.request
    return await this.apply(request)
  }

  /**
   * Restarts services, or all if none is named, and those that need them. Throws MoorageError: USAGE for a service that
   * does not run here, else any code that a start can have.
   */
  async restart(names: readonly string[]): Promise<OpenedRun> {
    const { keep: _, ...request } = this.request
    const { services } = request.plan
    const own = Object.keys(services).filter((name) => services[name]?.given === undefined)
    for (const name of names) {
      const variable = services[name]?.variable
      if (variable !== undefined && !own.includes(name))
        throw new MoorageError('USAGE', `services.${name} is not moorage's: its URL comes from ${variable}.`, {
          service: name,
          hint: 'Restart it where it runs.',
        })
      if (variable === undefined) this.#reconciler.services.requireRunning(name)
    }
    this.#connections = await this.#reconciler.apply(request, names.length ? names : own)
    return { run: this.#run.id, connections: this.#connections }
  }

  recordTestAttempt({ test, failed }: Params<'recordTestAttempt'>): void {
    if (failed) this.failingTests.add(test)
    else this.failingTests.delete(test)
  }

  async stop(reason: string): Promise<readonly TeardownResult[]> {
    return await this.#reconciler.stop(reason)
  }

  /** Tells the user how to inspect the services, and lets the engine keep them where it can. */
  async retain(durationMs: number, reason: string): Promise<void> {
    const inspections = this.#reconciler.services.inspectCommands
    await this.#reconciler
      .keep(durationMs)
      .catch((error: unknown) =>
        this.#notify(`The engine cannot keep the services without the supervisor: ${String(error)}`),
      )
    for (const text of retentionMessage({ run: this.#run.id, durationMs, reason, inspections })) this.#notify(text)
  }

  async status(): Promise<Omit<RunStatus, 'users' | 'retention'>> {
    const { plan, identity } = this.request
    return {
      run: this.#run.id,
      identity,
      plan: planVariables(plan),
      inputs: Object.fromEntries(Object.entries(plan.services).map(([name, { inputs }]) => [name, inputs])),
      connections: this.#connections,
      healthProblems: this.broken ? {} : Object.fromEntries(await this.#reconciler.healthProblems()),
    }
  }

  /** Resolves after the last line, or when the signal aborts. Reads on when `onLine` has settled. */
  async readLogs(
    { service, tail, follow }: LogQuery,
    onLine: (line: LogLine) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    await this.#reconciler.services.readLog(service, { follow, tail, signal }, onLine)
  }

  async exec(command: Params<'exec'>): Promise<ExecResult> {
    return await this.#reconciler.services.exec(command)
  }

  shell(params: Params<'shell'>): ShellCommand {
    return this.#reconciler.services.shell(params)
  }

  #notify(text: string): void {
    this.#onProgress({ kind: 'notice', text })
  }
}
