import type { Duplex } from 'node:stream'
import { Channel } from '../protocol/channel.ts'
import type { MethodHandlers, OpenParams, Outcome, Result } from '../protocol/methods.ts'
import type { RunRequest } from '../protocol/run-request.ts'
import type { OpenedRun, RunStatus } from '../protocol/run-status.ts'
import { PROTOCOL_VERSION, requireSameProtocol } from '../protocol/version.ts'
import { debugLog } from '../provider-kit/debug-log.ts'
import { teardownFailures, type TeardownResult } from '../provisioning/task-stack.ts'
import { ConnectedClients } from './connected-clients.ts'
import { inspectionMethods, requireRun } from './inspection-methods.ts'
import { Retention } from './retention.ts'
import { SupervisedRun } from './supervised-run.ts'
import type { SupervisorContext } from './supervisor-context.ts'

/** Runs one set of services while clients are connected, and for as long as the run is retained. */
export class Supervisor {
  readonly #context: SupervisorContext
  readonly #clients = new ConnectedClients()
  readonly #retention: Retention
  #run: SupervisedRun | undefined
  /** A start or an update in progress. Clients that connect meanwhile share its result. */
  #applying: Promise<OpenedRun | undefined> | undefined
  #shutdown: Promise<readonly TeardownResult[]> | undefined
  #clientFailed = false
  /** Whether a client has ever connected. From then on the last one that disconnects ends the run. */
  contacted = false

  constructor(context: SupervisorContext) {
    this.#context = context
    this.#retention = new Retention(context.clock, () => this.#shutDownIfUnused('its time limit has passed'))
  }

  /** Serves a client. One that connects during the shutdown is closed without a greeting, and connects again. */
  connect(stream: Duplex): void {
    if (this.#shutdown) return void stream.destroy()
    this.contacted = true
    const client: Channel = new Channel(stream, {
      methods: this.#methodsFor(() => client),
      events: {
        observing: () => {
          this.#clients.addObserver(client)
          // The last user may have left before this client could say that it is none.
          if (this.#run && this.#clients.isUnused) void this.#endUse('the last client left')
        },
      },
    })
    this.#clients.add(client)
    client.sendEvent('hello', PROTOCOL_VERSION)
    void client.closed.then(() => {
      this.#clients.remove(client)
      this.#shutDownIfUnused('the last client disconnected')
    })
  }

  /** Stops listening, then tears the run down. Never rejects. Later calls get the result of the first. */
  shutDown(reason: string): Promise<readonly TeardownResult[]> {
    return (this.#shutdown ??= this.#tearDown(reason))
  }

  async #tearDown(reason: string): Promise<readonly TeardownResult[]> {
    debugLog('supervisor')?.('shut down', { reason })
    this.#retention.end()
    this.#context.stopListening(reason)
    const results = (await this.#run?.stop(reason)) ?? []
    this.#context.forgetRun(results)
    // Pending calls are answered first.
    this.#context.clock.after(0, () => {
      void this.#clients.closeAll(reason, this.#context.clock).then(() => this.#context.exit(results))
    })
    return results
  }

  #shutDownIfUnused(reason: string): void {
    if (this.#clients.isUnused && !this.#retention.reason) void this.shutDown(reason)
  }

  #methodsFor(getClient: () => Channel): MethodHandlers {
    return {
      open: (params) => this.#open(getClient(), params),
      update: (params) => this.#update(getClient(), params),
      ping: () => null,
      retain: ({ ms }) => {
        this.#retention.begin(ms, 'asked')
        return null
      },
      leave: (outcome) => this.#leave(getClient(), outcome),
      endRetention: () => this.#endRetention(getClient()),
      recordTestAttempt: (attempt) => {
        if (this.#retention.reason !== 'asked') this.#run?.recordTestAttempt(attempt)
        return null
      },
      status: () => this.#status(getClient()),
      restart: ({ services }) => this.#restart(services),
      ...inspectionMethods(() => this.#run, getClient),
    }
  }

  /** The first client starts the run. Later ones get the same run, after services that have died were restarted. */
  async #open(client: Channel, request: OpenParams): Promise<OpenedRun> {
    requireSameProtocol(request.protocol)
    // A failed run is kept for inspection only. The next run replaces it.
    if (this.#retention.reason === 'failed') void this.shutDown('a new run replaces it')
    const moved = this.#run && this.#run.request.plan.hash !== request.plan.hash
    // The client connected just before the socket closed or moved.
    if (this.#shutdown || moved) return await reconnect(client)
    this.#clients.addUser(client)
    // Comes before the start: its error is a response, and no 'reconnect' may follow it.
    this.#clients.setAccepted(client, true)
    const opened = await (this.#applying ?? this.#track(this.#run ? this.#heal(this.#run) : this.#start(request)))
    if (opened) return opened
    this.#clients.setAccepted(client, false)
    return await reconnect(client)
  }

  #track(applying: Promise<OpenedRun | undefined>): Promise<OpenedRun | undefined> {
    this.#applying = applying
    const settle = (): void => void (this.#applying = undefined)
    applying.then(settle, settle)
    return applying
  }

  async #start(request: OpenParams): Promise<OpenedRun> {
    const run = new SupervisedRun(request, {
      ...this.#context.beginRun(request),
      onProgress: (progress) => this.#clients.broadcast(progress),
    })
    this.#run = run
    try {
      return await run.apply(request)
    } catch (error) {
      if (request.keep !== undefined && run.hasServices && !this.#shutdown)
        await this.#retainFailed(run, request.keep, 'a service failed to start')
      // Nothing is left to inspect, and the next client gets a new run.
      else void this.shutDown('services failed to start')
      throw error
    } finally {
      this.#context.runOpened()
    }
  }

  /**
   * Restarts what has died. Gives undefined if that fails and no service is left: then a new run starts. A run with
   * services, and their data, stays.
   */
  async #heal(run: SupervisedRun): Promise<OpenedRun | undefined> {
    try {
      return await run.reapply()
    } catch (error) {
      if (!run.broken) throw error
      void this.shutDown('a service that had died failed to restart')
      return undefined
    }
  }

  async #update(client: Channel, request: OpenParams): Promise<OpenedRun | null> {
    requireSameProtocol(request.protocol)
    await this.#applying?.catch(() => {})
    const run = this.#run
    if (this.#shutdown || !run?.started || this.#retention.reason === 'failed') return null
    const previous = run.request
    if (request.family !== previous.family) return null
    const changed = request.plan.hash !== previous.plan.hash
    if (changed && (this.#clients.countOtherUsers(client) || !(await this.#context.move(request.identity)))) return null
    run.request = request
    this.#clients.addUser(client)
    const opened = await this.#track(this.#applyUpdate(run, previous))
    this.#clients.setAccepted(client, true)
    return opened ?? null
  }

  /** An update that fails and leaves services puts the previous request back: the next update starts from there. */
  async #applyUpdate(run: SupervisedRun, previous: RunRequest): Promise<OpenedRun> {
    const moved = run.request.plan.hash !== previous.plan.hash
    try {
      return await run.reapply()
    } catch (error) {
      if (run.broken || this.#shutdown) void this.shutDown('a service failed to start')
      else if (!moved || (await this.#context.move(previous.identity))) run.request = previous
      else void this.shutDown('another supervisor took its socket')
      throw error
    }
  }

  async #retainFailed(run: SupervisedRun, durationMs: number, reason: string): Promise<void> {
    this.#retention.begin(durationMs, 'failed')
    await run.retain(durationMs, reason)
  }

  async #leave(client: Channel, { failed }: Outcome): Promise<Result<'leave'>> {
    if (this.#retention.reason !== 'asked') this.#clientFailed ||= failed
    const results = this.#clients.isLast(client) ? await this.#endUse('the last client left', client) : undefined
    if (results) return { failures: teardownFailures(results) }
    this.#clients.remove(client)
    return { failures: [] }
  }

  /** No client uses the run any more: it is kept if something failed, or else removed. Gives what was removed. */
  async #endUse(reason: string, lastUser?: Channel): Promise<readonly TeardownResult[] | undefined> {
    const run = this.#run
    const keep = run?.request.keep
    const anyFailed = this.#clientFailed || Boolean(run?.failingTests.size)
    if (run?.started && anyFailed && keep !== undefined && !this.#retention.reason)
      await this.#retainFailed(run, keep, 'a test or command failed')
    if (lastUser) this.#clients.setAccepted(lastUser, false)
    return this.#retention.reason ? undefined : await this.shutDown(reason)
  }

  async #endRetention(client: Channel): Promise<Result<'endRetention'>> {
    this.#retention.end()
    const users = this.#clients.countOtherUsers(client)
    return { users, failures: users ? [] : teardownFailures(await this.shutDown('a user removed it')) }
  }

  async #status(client: Channel): Promise<RunStatus | null> {
    const { reason, remainingMs } = this.#retention
    if (!this.#run || this.#shutdown) return null
    return {
      ...(await this.#run.status()),
      users: this.#clients.countOtherUsers(client),
      ...(reason ? { retention: { reason, remainingMs } } : {}),
    }
  }

  async #restart(services: readonly string[]): Promise<OpenedRun> {
    await this.#applying?.catch(() => {})
    const run = requireRun(this.#shutdown ? undefined : this.#run)
    try {
      const restarting = run.restart(services)
      await this.#track(restarting)
      return await restarting
    } catch (error) {
      if (run.broken) void this.shutDown('a service failed to restart')
      throw error
    }
  }
}

/** Tells a client to connect again, and leaves its call without a response. */
async function reconnect(client: Channel): Promise<never> {
  client.sendEvent('reconnect', true)
  return await new Promise(() => {})
}
