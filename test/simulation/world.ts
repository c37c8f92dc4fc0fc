import { isMoorageError, type Provider } from '@moorage/core'
import { sleep } from '../../packages/core/src/provider-kit/clock.ts'
import { connect } from '../../packages/core/src/client/connect.ts'
import type { Membership } from '../../packages/core/src/client/membership.ts'
import { createCachedProviderLoader } from '../../packages/core/src/recovery/cached-provider-loader.ts'
import type { LaunchReport } from '../../packages/core/src/protocol/launch-report.ts'
import { startSingleInstance } from '../../packages/core/src/supervisor/single-instance.ts'
import { sweep } from '../../packages/core/src/recovery/sweep.ts'
import type { LaunchResult, Transport } from '../../packages/core/src/client/transport.ts'
import type { ProvisionRequest } from '../../packages/core/src/protocol/run-request.ts'
import { edited } from './orders.ts'
import type { Engine } from './engine.ts'
import type { Host, Process } from './machine.ts'
import { providerOf } from './provider.ts'

/** Where supervisors are found, and where they have gone to with a changed order. */
export const PLACE = '0123456789abcdef'
const OTHER_PLACE = 'fedcba9876543210'

export interface Client {
  readonly process: Process
  readonly name: string
  joined?: boolean
  answer?: string
  aborted?: number
  answered?: number
  readonly told: string[]
}

/** Clients and supervisors: core's own code, on processes that exist only here. */
export class World {
  readonly engine: Engine
  readonly host: Host
  readonly order: ProvisionRequest
  readonly clients: Client[] = []
  /** Called when a supervisor begins to go down. */
  onShut = (): void => {}
  onBirth: (process: Process) => void = () => {}
  /** The longest retention that a run was asked for, in milliseconds. */
  stays = 0

  constructor(engine: Engine, order: ProvisionRequest) {
    this.engine = engine
    this.host = engine.host
    this.order = order
  }

  /** A client that starts now, holds its place for so long, and leaves. */
  client({ holds, abortAfter }: { readonly holds: number; readonly abortAfter?: number }): Client {
    const { schedule } = this.host
    const process = this.host.spawn('client')
    const client: Client = { process, name: `client ${this.clients.length}`, told: [] }
    this.clients.push(client)
    const abort = new AbortController()
    if (abortAfter !== undefined) {
      schedule.at(schedule.now + abortAfter, process, () => {
        if (client.answer !== undefined) return
        client.aborted = schedule.now
        this.engine.note(`${client.name} aborts`)
        abort.abort(new RangeError('enough'))
      })
    }
    schedule.at(schedule.now, process, () => void this.#live(client, { holds, signal: abort.signal }))
    return client
  }

  async #live(
    client: Client,
    { holds, signal }: { readonly holds: number; readonly signal: AbortSignal },
  ): Promise<void> {
    const { process, told } = client
    const { schedule, folders } = this.host
    const clock = schedule.clockOf(process)
    const onProgress = (progress: { readonly kind: string; readonly text?: string }): void =>
      void told.push(progress.text ?? progress.kind)
    try {
      const run = { id: `run-${process.owner.started}` }
      const member = await connect(
        { ...this.order, run, identity: PLACE, family: 'sim' },
        { transport: this.#ways(process), log: folders.paths.log, onProgress, signal, clock },
      )
      this.#answer(client, 'joined')
      client.joined = true
      await sleep(clock, holds)
      await this.#use(client, member)
      const failures = await member.leave()
      this.#answer(client, failures.length ? `left, not undone: ${failures.join('; ')}` : 'left')
    } catch (error) {
      if (!isMoorageError(error) && error !== signal.reason)
        this.engine.violated(
          `${client.name} got an error that is not ours: ${String(error)}\n${(error as Error).stack}`,
        )
      this.#answer(client, isMoorageError(error) ? `${error.code} ${error.message}` : 'aborted')
    }
    // What it started for its own death's sake, a recovery say, is on its way by then.
    schedule.at(schedule.now + 50, process, () => process.kill(schedule.now))
  }

  /** Reads, has it looked after, changes it into another order's, keeps it: as watch mode and the command line do. */
  async #use(client: Client, member: Membership): Promise<void> {
    const { chance } = this.host.schedule
    const attempt = async (title: string, work: () => Promise<unknown>): Promise<void> => {
      if (!chance.yes(0.2)) return
      this.engine.note(`${client.name}: ${title}`)
      await work().catch((error: unknown) => {
        if (!isMoorageError(error)) this.engine.violated(`${client.name}: ${title} failed with ${String(error)}`)
      })
    }
    const update = (order: ProvisionRequest, identity: string): Promise<boolean> =>
      member.update({ ...order, run: { id: '' }, identity, family: 'sim' })
    await attempt('logs', () => member.logs({ service: 'a', tail: 5 }))
    await attempt('looks after it', () => update(this.order, PLACE))
    await attempt('changes it', () => update(edited(this.order, chance), OTHER_PLACE))
    await attempt('keeps it', () => {
      const ms = chance.between(0, 5_000)
      this.stays = Math.max(this.stays, ms)
      return member.call('retain', { ms })
    })
  }

  #answer(client: Client, answer: string): void {
    this.engine.note(`${client.name}: ${answer}`)
    Object.assign(client, { answer, answered: this.host.schedule.now })
  }

  #ways(process: Process): Transport {
    return {
      dial: async () => await this.host.dial(process, this.host.folders.paths.socket),
      launch: async () => await this.#launch(process),
      recover: async () => await this.#recover(process),
    }
  }

  async #launch(by: Process): Promise<LaunchResult> {
    const { host, engine } = this
    await host.pause(by)
    const process = host.spawn('supervisor')
    const birth = Promise.withResolvers<LaunchResult['report']>()
    const released = Promise.withResolvers<void>()
    const say = (report: LaunchResult['report']): void => void host.pause(by).then(() => birth.resolve(report))
    void process.end.promise.then(() => say({ status: 'died' }))
    const parentExit = Promise.race([by.end.promise, released.promise]).then(() => host.pause(process))
    host.schedule.at(host.schedule.now + host.schedule.chance.next() * 40, process, () => {
      this.#supervise(process, parentExit).then(say, (error: unknown) => {
        engine.violated(`a supervisor failed: ${String(error)}`)
        process.kill(this.host.schedule.now)
      })
    })
    this.onBirth(process)
    return { report: await birth.promise, release: () => released.resolve() }
  }

  async #supervise(process: Process, parentExit: Promise<void>): Promise<LaunchReport> {
    const { host, engine } = this
    const { pid } = process.owner
    const supervisor = await startSingleInstance(
      host.folders,
      host.machineOf(process, () => this.load(process)),
      {
        listen: async (at, visit) => {
          host.listen(process, at, visit)
          await host.pause(process)
          return () => {
            host.shut(process, at)
            if (host.receives(process)) return
            process.goesDown = true
            this.onShut()
          }
        },
        parentExit,
        log: (line) => engine.note(`supervisor ${pid}: ${line}`),
        exit: (code) => {
          engine.note(`supervisor ${pid} ends with ${code}`)
          process.kill(host.schedule.now)
        },
      },
    )
    if (!supervisor) host.schedule.at(host.schedule.now + 10, process, () => process.kill(host.schedule.now))
    this.#terms.set(process, () => void supervisor?.shutDown('SIGTERM'))
    return { status: supervisor ? 'ready' : 'in-use' }
  }

  readonly #terms = new Map<Process, () => void>()

  /** What SIGTERM does. */
  terminate(process: Process): void {
    this.#terms.get(process)?.()
  }

  async #recover(by: Process): Promise<string> {
    const said = Promise.withResolvers<string>()
    await this.host.pause(by)
    const process = this.host.spawn('recovery')
    this.host.schedule.at(this.host.schedule.now + 5, process, () => {
      void this.sweep(process, false).then(({ failures }) => {
        process.kill(this.host.schedule.now)
        void this.host.pause(by).then(() => said.resolve(JSON.stringify({ failures })))
      })
    })
    return await said.promise
  }

  async sweep(process: Process, everything: boolean): ReturnType<typeof sweep> {
    const system = this.host.machineOf(process, () => this.load(process))
    const load = createCachedProviderLoader(system, () => '/')
    return await sweep(this.host.folders.runFolder, everything ? [this.order.host] : [], { system, load })
  }

  async load(process: Process): Promise<Provider> {
    await this.host.pause(process)
    return providerOf(this.engine, process)
  }
}
