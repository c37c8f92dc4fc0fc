import type { Json } from '../contract/json.ts'
import type { TeardownResult } from '../provisioning/task-stack.ts'
import type { LogLine, Run } from '../contract/provider.ts'
import type { EndedService, ProgressListener } from '../contract/progress.ts'
import { Reconciler, type Connections, type ProvisionRequest } from '../provisioning/reconciler.ts'
import type { RunContext } from '../provisioning/run-context.ts'
import { retentionMessage } from './retention-message.ts'
import type { RetentionReason } from './retention.ts'

export interface OpenParams {
  readonly protocol: number
  readonly request: ProvisionRequest
  readonly run: { readonly id: string; readonly ciRun?: string }
  /** Names the place where clients of this order look for a supervisor. */
  readonly identity: string
  /** Equal for orders between which a run can change: same project, same engine. */
  readonly family: string
}

export interface OpenResult {
  readonly run: string
  readonly connections: Connections
}

/** What a run says of itself. */
export interface RunStatus extends OpenResult {
  readonly hash: string
  readonly identity: string
  readonly variables: { readonly [service: string]: string }
  /** Why services do not answer, by name. */
  readonly healthProblems: { readonly [service: string]: string }
  /** Connected processes, whoever asks left out. */
  readonly users: number
  /** It stays without anybody connected, for so many milliseconds more. */
  readonly stays?: { readonly reason: RetentionReason; readonly remainingMs: number }
}

/** The run that a supervisor holds: one at a time starts or changes it, and whoever comes meanwhile gets the same. */
export class SupervisedRun {
  params: OpenParams
  readonly #run: Run
  readonly #provisioning: Reconciler
  readonly #onProgress: ProgressListener
  #connections: Connections = {}
  /** What has ended by itself since it was last brought to where it should be. */
  readonly exits: EndedService[] = []
  /** Tests that failed when they were last tried. */
  readonly failing: Set<string> = new Set()
  /** It has come up. */
  up = false

  constructor(params: OpenParams, around: RunContext) {
    this.params = params
    this.#run = around.run
    const onProgress: ProgressListener = (progress) => {
      if (progress.kind === 'exited') this.exits.push(progress)
      around.onProgress(progress)
    }
    this.#onProgress = onProgress
    this.#provisioning = new Reconciler({ ...around, onProgress })
  }

  get broken(): boolean {
    return this.#provisioning.broken
  }

  /** Whether there is anything to look at. */
  get holds(): boolean {
    return Object.keys(this.#provisioning.inspections).length > 0
  }

  /** To what the order says. Later calls, with the same order, start what has died. */
  async apply(order: ProvisionRequest): Promise<OpenResult> {
    this.#connections = await this.#provisioning.apply(order)
    // What has ended is there again.
    this.exits.length = 0
    this.up = true
    return { run: this.#run.id, connections: this.#connections }
  }

  /** What has died or changed starts anew. Only a first start that fails is kept: there is nothing else to look at. */
  async reapply(): Promise<OpenResult> {
    const { keep: _, ...order } = this.params.request
    return await this.apply(order)
  }

  recordTestAttempt(params: Json): null {
    const { test, failed } = params as { readonly test: string; readonly failed: boolean }
    if (failed) this.failing.add(test)
    else this.failing.delete(test)
    return null
  }

  async stop(why: string): Promise<readonly TeardownResult[]> {
    return await this.#provisioning.stop(why)
  }

  /** Says how to look at what stays, and lets the engine keep it where it can. */
  async keep(ms: number, why: string): Promise<void> {
    const { inspections } = this.#provisioning
    await this.#provisioning
      .keep(ms)
      .catch((error: unknown) =>
        this.#onProgress({ kind: 'notice', text: `Only the supervisor keeps the services: ${String(error)}` }),
      )
    for (const text of retentionMessage({ run: this.#run.id, ms, why, inspections }))
      this.#onProgress({ kind: 'notice', text })
  }

  async status(): Promise<Omit<RunStatus, 'users' | 'stays'>> {
    const { request, identity } = this.params
    const variables = Object.fromEntries(
      Object.entries(request.plan.services).map(([name, { variable }]) => [name, variable]),
    )
    const healthProblems = this.broken ? {} : Object.fromEntries(await this.#provisioning.healthProblems())
    return {
      run: this.#run.id,
      hash: request.plan.hash,
      identity,
      variables,
      connections: this.#connections,
      healthProblems,
    }
  }

  async logs(params: Json): Promise<readonly LogLine[]> {
    return await this.#provisioning.logs(params as never)
  }

  async follow(
    params: Json,
    { signal, take }: { readonly signal: AbortSignal; take(line: LogLine): void },
  ): Promise<void> {
    const { service, tail } = params as { readonly service: string; readonly tail: number }
    await this.#provisioning.read(service, { follow: true, tail, signal }, take)
  }

  async exec(params: Json): Promise<Json> {
    return (await this.#provisioning.exec(params as never)) as unknown as Json
  }
}
