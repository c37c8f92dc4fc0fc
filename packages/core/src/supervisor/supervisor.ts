import type { Duplex } from 'node:stream'
import { withTimeout } from '../provider-kit/clock.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Json } from '../contract/json.ts'
import { teardownFailures, type TeardownResult } from '../provisioning/task-stack.ts'
import type { Progress } from '../contract/progress.ts'
import { Channel, requireProtocol, PROTOCOL_VERSION } from '../protocol/channel.ts'
import { SupervisedRun, type OpenParams, type RunStatus } from './supervised-run.ts'
import { Retention } from './retention.ts'
import type { SupervisorContext } from './supervisor-context.ts'

// Milliseconds that a client has to read its last answer.
const FLUSH_TIMEOUT_MS = 1_000

/** Holds one run for as long as anybody is connected, or as it was asked to. */
export class Supervisor {
  readonly #household: SupervisorContext
  readonly #members = new Set<Channel>()
  /** Members that have asked for the run, and those who got it: others only look. */
  readonly #users = new Set<Channel>()
  readonly #served = new Set<Channel>()
  readonly #stay: Retention
  #held: SupervisedRun | undefined
  /** A start or a change under way. */
  #bringing: Promise<Json | undefined> | undefined
  #down: Promise<readonly TeardownResult[]> | undefined
  #failed = false
  /** Somebody has been connected: from now on the last connection decides. */
  visited = false

  constructor(household: SupervisorContext) {
    this.#household = household
    this.#stay = new Retention(household.clock, () => this.#unlessUsed('its time was over'))
  }

  /** Takes a client in. One that comes too late is closed without a greeting, and starts over elsewhere. */
  connect(stream: Duplex): void {
    if (this.#down) return void stream.destroy()
    this.visited = true
    const channel: Channel = new Channel(stream, {
      handle: (method, params) => this.#handle(channel, { method, params }),
    })
    this.#members.add(channel)
    channel.sendEvent({ hello: PROTOCOL_VERSION, pid: process.pid })
    void channel.closed.then(() => {
      this.#forget(channel)
      this.#unlessUsed('the last connection closed')
    })
  }

  #forget(channel: Channel): void {
    for (const set of [this.#members, this.#users, this.#served]) set.delete(channel)
  }

  #unlessUsed(why: string): void {
    if (!this.#members.size && !this.#stay.reason) void this.down(why)
  }

  /** Order: nobody new comes in, then undo. Later calls join the first. */
  down(why: string): Promise<readonly TeardownResult[]> {
    return (this.#down ??= this.#goDown(why))
  }

  async #goDown(why: string): Promise<readonly TeardownResult[]> {
    this.#stay.end()
    this.#household.shut(why)
    const undone = (await this.#held?.stop(why)) ?? []
    this.#household.forget(undone)
    // Answers first: whoever waits for the end hears of it before the process ends.
    this.#household.clock.after(0, () => void this.#finish(why, undone))
    return undone
  }

  async #finish(why: string, undone: readonly TeardownResult[]): Promise<void> {
    const closed = [...this.#members].map((member) => {
      member.sendEvent(this.#served.has(member) ? { over: why } : { late: true })
      member.end()
      return member.closed
    })
    await withTimeout(Promise.all(closed), { clock: this.#household.clock, ms: FLUSH_TIMEOUT_MS, late: () => [] })
    for (const member of this.#members) member.close()
    await this.#household.done(undone)
  }

  async #handle(channel: Channel, { method, params }: { method: string; params: Json }): Promise<Json> {
    if (method === 'open') return await this.#admit(channel, params as unknown as OpenParams)
    if (method === 'update') return await this.#change(channel, params as unknown as OpenParams)
    if (method === 'ping') return null
    if (method === 'keep') return this.#stay.begin((params as unknown as { readonly ms: number }).ms, 'asked')
    if (method === 'leave') return await this.#leave(channel, params as unknown as { readonly failed: boolean })
    if (method === 'tried')
      return this.#stay.reason === 'asked' ? null : (this.#held?.recordTestAttempt(params) ?? null)
    if (method === 'exits') return (this.#held?.exits ?? []) as unknown as Json
    if (method === 'status') return (await this.#status(channel)) as unknown as Json
    if (method === 'release') return await this.#release(channel)
    if (method === 'follow') return await this.#follow(channel, params)
    if (method === 'logs') return ((await this.#held?.logs(params)) ?? []) as unknown as Json
    if (method === 'exec') return (await this.#held?.exec(params)) ?? null
    throw new MoorageError('SUPERVISOR_FAILED', `The supervisor does not know the call '${method}'.`)
  }

  /** Later clients get what the first one got, once it was looked at: what has died meanwhile is started anew. */
  async #admit(channel: Channel, params: OpenParams): Promise<Json> {
    requireProtocol(params.protocol)
    // What failed stays for eyes, not for tests: the next run takes its place.
    if (this.#stay.reason === 'failed') void this.down('another run takes its place')
    const moved = this.#held && this.#held.params.request.plan.hash !== params.request.plan.hash
    // It came in just before the door was shut: it starts over, elsewhere.
    if (this.#down || moved) return await late(channel)
    this.#users.add(channel)
    // From now on: an error is an answer too, and must not be followed by an invitation to start over.
    this.#served.add(channel)
    const answer = await (this.#bringing ??
      this.#one(
        this.#held ? again(this.#held, () => this.down('what had died did not start again')) : this.#open(params),
      ))
    if (answer !== undefined) return answer
    this.#served.delete(channel)
    return await late(channel)
  }

  #one(bringing: Promise<Json | undefined>): Promise<Json | undefined> {
    this.#bringing = bringing
    const over = (): void => void (this.#bringing = undefined)
    bringing.then(over, over)
    return bringing
  }

  async #open(params: OpenParams): Promise<Json> {
    const { keep } = params.request
    const held = new SupervisedRun(params, {
      ...this.#household.begin(params),
      onProgress: (progress) => this.#broadcast(progress),
    })
    this.#held = held
    try {
      return (await held.apply(params.request)) as unknown as Json
    } catch (error) {
      if (keep !== undefined && held.holds && !this.#down)
        await this.#keepFailed(held, { ms: keep, why: 'a start failed' })
      // Otherwise a failed run holds nothing: the next client gets a fresh start.
      else void this.down('services failed to start')
      throw error
    } finally {
      this.#household.opened()
    }
  }

  /** Another order for the same run. Gives null where that is not for this client alone to say, or cannot be. */
  async #change(channel: Channel, params: OpenParams): Promise<Json> {
    requireProtocol(params.protocol)
    await this.#bringing?.catch(() => {})
    const held = this.#held
    if (this.#down || !held?.up || this.#stay.reason === 'failed' || params.family !== held.params.family) return null
    const before = held.params
    const same = params.request.plan.hash === before.request.plan.hash
    if (!same && (this.#usersBeside(channel) || !(await this.#household.move(params.identity)))) return null
    held.params = params
    this.#users.add(channel)
    const change = async (): Promise<Json> => {
      try {
        return (await held.reapply()) as unknown as Json
      } catch (error) {
        if (held.broken || this.#down) void this.down('a service failed to start')
        else if (same || (await this.#household.move(before.identity))) held.params = before
        else void this.down('its place was taken')
        throw error
      }
    }
    const answer = await this.#one(change())
    this.#served.add(channel)
    return answer ?? null
  }

  async #keepFailed(held: SupervisedRun, { ms, why }: { readonly ms: number; readonly why: string }): Promise<void> {
    this.#stay.begin(ms, 'failed')
    await held.keep(ms, why)
  }

  /** The last to leave hears when everything is gone, or that it stays. */
  async #leave(channel: Channel, { failed }: { readonly failed: boolean }): Promise<Json> {
    if (this.#stay.reason !== 'asked') this.#failed ||= failed
    const held = this.#held
    const keep = held?.params.request.keep
    if ([...this.#members].every((other) => other === channel)) {
      if (held?.up && (this.#failed || held.failing.size) && keep !== undefined && !this.#stay.reason)
        await this.#keepFailed(held, { ms: keep, why: 'what ran with them has failed' })
      this.#served.delete(channel)
      if (!this.#stay.reason) return { last: true, failures: teardownFailures(await this.down('the last client left')) }
    }
    this.#forget(channel)
    return { last: false, failures: [] }
  }

  /** Ends the stay: the run goes now, or when those who use it have left. */
  async #release(channel: Channel): Promise<Json> {
    this.#stay.end()
    const users = this.#usersBeside(channel)
    return { users, failures: users ? [] : teardownFailures(await this.down('it was told to')) }
  }

  async #status(channel: Channel): Promise<RunStatus | null> {
    const { reason, remainingMs } = this.#stay
    if (!this.#held) return null
    return {
      ...(await this.#held.status()),
      users: this.#usersBeside(channel),
      ...(reason ? { stays: { reason, remainingMs } } : {}),
    }
  }

  #usersBeside(channel: Channel): number {
    return [...this.#users].filter((other) => other !== channel).length
  }

  async #follow(channel: Channel, params: Json): Promise<Json> {
    const over = new AbortController()
    void channel.closed.then(() => over.abort())
    await this.#held?.follow(params, {
      signal: over.signal,
      take: (line) => channel.sendEvent({ line } as unknown as Json),
    })
    return null
  }

  #broadcast(progress: Progress): void {
    for (const member of this.#members) member.sendEvent({ progress } as unknown as Json)
  }
}

/** Gives undefined when what has died does not come back: then a new run is the way. */
async function again(held: SupervisedRun, giveUp: () => unknown): Promise<Json | undefined> {
  try {
    return (await held.reapply()) as unknown as Json
  } catch {
    giveUp()
    return undefined
  }
}

async function late(channel: Channel): Promise<never> {
  channel.sendEvent({ late: true })
  return await new Promise(() => {})
}
