import type { Duplex } from 'node:stream'
import { within, type Clock } from '../clock.ts'
import { MoorageError } from '../errors.ts'
import type { Json } from '../json.ts'
import type { Undone } from '../run/lifecycle.ts'
import type { Ended, Progress } from '../run/progress.ts'
import { Provisioning, type Order } from '../run/provisioning.ts'
import type { Run } from '../provider.ts'
import { Channel, PROTOCOL } from './channel.ts'

export interface OpenParams {
  readonly protocol: number
  readonly order: Order
  readonly run: { readonly id: string; readonly ciRun?: string }
}

/** What the supervisor's process lends to its server. */
export interface Household {
  readonly clock: Clock
  /** Completes a run's identity with owner and folders, and begins its journal. */
  begin(params: OpenParams): { run: Run } & Omit<ConstructorParameters<typeof Provisioning>[1], 'run' | 'tell'>
  /** Called once, when services have started, or have failed to. */
  opened(): void
  /** Called once, when nobody new may come in: before anything is undone. */
  shut(why: string): void
  /** Called once, when everything is undone. */
  done(undone: readonly Undone[]): void | Promise<void>
}

// Milliseconds that a client has to read its last answer.
const FLUSH = 1_000

const SKEW = 'Two versions of moorage share one project: let its first run end, or bring both to the same version.'

/** Holds one run for as long as anybody is connected. */
export class Supervisor {
  readonly #household: Household
  readonly #members = new Set<Channel>()
  readonly #served = new Set<Channel>()
  readonly #exits: Ended[] = []
  #provisioning: Provisioning | undefined
  #opened: Promise<Json> | undefined
  #down: Promise<readonly Undone[]> | undefined
  /** Somebody has been connected: from now on the last connection decides. */
  visited = false

  constructor(household: Household) {
    this.#household = household
  }

  /** Takes a client in. One that comes too late is closed without a greeting, and starts over elsewhere. */
  connect(stream: Duplex): void {
    if (this.#down) {
      stream.destroy()
      return
    }
    this.visited = true
    const channel: Channel = new Channel(stream, { handle: (method, params) => this.#handle(channel, { method, params }) })
    this.#members.add(channel)
    channel.tell({ hello: PROTOCOL, pid: process.pid })
    void channel.closed.then(() => {
      this.#members.delete(channel)
      if (!this.#members.size) void this.down('the last connection closed')
    })
  }

  /** Order: nobody new comes in, then undo. Later calls join the first. */
  down(why: string): Promise<readonly Undone[]> {
    return (this.#down ??= this.#goDown(why))
  }

  async #goDown(why: string): Promise<readonly Undone[]> {
    this.#household.shut(why)
    const undone = (await this.#provisioning?.stop(why)) ?? []
    // Answers first: whoever waits for the end hears of it before the process ends.
    this.#household.clock.after(0, () => void this.#finish(undone))
    return undone
  }

  async #finish(undone: readonly Undone[]): Promise<void> {
    const closed = [...this.#members].map((member) => {
      if (!this.#served.has(member)) member.tell({ late: true })
      member.end()
      return member.closed
    })
    await within(Promise.all(closed), { clock: this.#household.clock, ms: FLUSH, late: () => [] })
    for (const member of this.#members) member.close()
    await this.#household.done(undone)
  }

  async #handle(channel: Channel, { method, params }: { method: string; params: Json }): Promise<Json> {
    if (method === 'open') return await this.#admit(channel, params as unknown as OpenParams)
    if (method === 'ping') return null
    if (method === 'leave') return await this.#leave(channel)
    if (method === 'exits') return this.#exits as unknown as Json
    if (method === 'logs') return (await this.#provisioning?.logs(params as never)) as unknown as Json
    if (method === 'exec') return (await this.#provisioning?.exec(params as never)) as unknown as Json
    throw new MoorageError('SUPERVISOR_FAILED', `The supervisor does not know the call '${method}'.`)
  }

  /** Later clients get what the first one got. */
  async #admit(channel: Channel, params: OpenParams): Promise<Json> {
    if (params.protocol !== PROTOCOL) {
      throw new MoorageError('SUPERVISOR_FAILED', `The supervisor speaks protocol ${PROTOCOL}, this client ${params.protocol}.`, {
        hint: SKEW,
      })
    }
    if (this.#down) {
      // It came in just before the door was shut: it starts over, elsewhere.
      channel.tell({ late: true })
      return await new Promise(() => {})
    }
    this.#served.add(channel)
    return await (this.#opened ??= this.#open(params))
  }

  async #open(params: OpenParams): Promise<Json> {
    const around = this.#household.begin(params)
    this.#provisioning = new Provisioning(params.order, { ...around, tell: (progress) => this.#tell(progress) })
    try {
      return { run: around.run.id, connections: await this.#provisioning.start() }
    } catch (error) {
      // A failed run holds nothing: the next client gets a fresh start.
      void this.down('services failed to start')
      throw error
    } finally {
      this.#household.opened()
    }
  }

  /** The last to leave hears when everything is gone. */
  async #leave(channel: Channel): Promise<Json> {
    if ([...this.#members].some((other) => other !== channel)) {
      this.#members.delete(channel)
      return { last: false, failures: [] }
    }
    const undone = await this.down('the last client left')
    const failures = undone.filter(({ failure }) => failure !== undefined).map(({ title, failure }) => `${title}: ${String(failure)}`)
    return { last: true, failures }
  }

  #tell(progress: Progress): void {
    if (progress.kind === 'exited') this.#exits.push(progress)
    for (const member of this.#members) member.tell({ progress } as unknown as Json)
  }
}
