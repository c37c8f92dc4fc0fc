import type { Json } from '../contract/json.ts'
import type { Undone } from '../provisioning/task-stack.ts'
import type { LogLine, Run } from '../contract/provider.ts'
import type { Ended, Tell } from '../contract/progress.ts'
import { Provisioning, type Connections, type Order, type Surroundings } from '../provisioning/reconciler.ts'
import { keptLines } from './retention-message.ts'
import type { Reason } from './retention.ts'

export interface OpenParams {
  readonly protocol: number
  readonly order: Order
  readonly run: { readonly id: string; readonly ciRun?: string }
  /** Names the place where clients of this order look for a supervisor. */
  readonly identity: string
  /** Equal for orders between which a run can change: same project, same engine. */
  readonly family: string
}

export interface Answer {
  readonly run: string
  readonly connections: Connections
}

/** What a run says of itself. */
export interface Status extends Answer {
  readonly hash: string
  readonly identity: string
  readonly variables: { readonly [service: string]: string }
  /** Why services do not answer, by name. */
  readonly ailments: { readonly [service: string]: string }
  /** Connected processes, whoever asks left out. */
  readonly users: number
  /** It stays without anybody connected, for so many milliseconds more. */
  readonly stays?: { readonly reason: Reason; readonly left: number }
}

/** The run that a supervisor holds: one at a time starts or changes it, and whoever comes meanwhile gets the same. */
export class HeldRun {
  params: OpenParams
  readonly #run: Run
  readonly #provisioning: Provisioning
  readonly #tell: Tell
  #connections: Connections = {}
  /** What has ended by itself since it was last brought to where it should be. */
  readonly exits: Ended[] = []
  /** Tests that failed when they were last tried. */
  readonly failing: Set<string> = new Set()
  /** It has come up. */
  up = false

  constructor(params: OpenParams, around: Surroundings) {
    this.params = params
    this.#run = around.run
    const tell: Tell = (progress) => {
      if (progress.kind === 'exited') this.exits.push(progress)
      around.tell(progress)
    }
    this.#tell = tell
    this.#provisioning = new Provisioning({ ...around, tell })
  }

  get broken(): boolean {
    return this.#provisioning.broken
  }

  /** Whether there is anything to look at. */
  get holds(): boolean {
    return Object.keys(this.#provisioning.inspections).length > 0
  }

  /** To what the order says. Later calls, with the same order, start what has died. */
  async bring(order: Order): Promise<Answer> {
    this.#connections = await this.#provisioning.bring(order)
    // What has ended is there again.
    this.exits.length = 0
    this.up = true
    return { run: this.#run.id, connections: this.#connections }
  }

  /** What has died or changed starts anew. Only a first start that fails is kept: there is nothing else to look at. */
  async again(): Promise<Answer> {
    const { keep: _, ...order } = this.params.order
    return await this.bring(order)
  }

  tried(params: Json): null {
    const { test, failed } = params as { readonly test: string; readonly failed: boolean }
    if (failed) this.failing.add(test)
    else this.failing.delete(test)
    return null
  }

  async stop(why: string): Promise<readonly Undone[]> {
    return await this.#provisioning.stop(why)
  }

  /** Says how to look at what stays, and lets the engine keep it where it can. */
  async keep(ms: number, why: string): Promise<void> {
    const { inspections } = this.#provisioning
    await this.#provisioning.keep(ms).catch((error: unknown) => this.#tell({ kind: 'notice', text: `Only the supervisor keeps the services: ${String(error)}` }))
    for (const text of keptLines({ run: this.#run.id, ms, why, inspections })) this.#tell({ kind: 'notice', text })
  }

  async status(): Promise<Omit<Status, 'users' | 'stays'>> {
    const { order, identity } = this.params
    const variables = Object.fromEntries(Object.entries(order.plan.services).map(([name, { variable }]) => [name, variable]))
    const ailments = this.broken ? {} : Object.fromEntries(await this.#provisioning.ailments())
    return { run: this.#run.id, hash: order.plan.hash, identity, variables, connections: this.#connections, ailments }
  }

  async logs(params: Json): Promise<readonly LogLine[]> {
    return await this.#provisioning.logs(params as never)
  }

  async follow(params: Json, { signal, take }: { readonly signal: AbortSignal; take(line: LogLine): void }): Promise<void> {
    const { service, tail } = params as { readonly service: string; readonly tail: number }
    await this.#provisioning.read(service, { follow: true, tail, signal }, take)
  }

  async exec(params: Json): Promise<Json> {
    return (await this.#provisioning.exec(params as never)) as unknown as Json
  }
}
