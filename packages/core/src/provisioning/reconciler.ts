import type { Plan } from '../config/plan.ts'
import { isMoorageError, MoorageError, withDetails } from '../contract/errors.ts'
import { redacted } from '../contract/plain-error.ts'
import type { Report } from '../contract/provider.ts'
import type { Json } from '../contract/json.ts'
import type { ProvisionRequest } from '../protocol/run-request.ts'
import type { Connections } from '../protocol/run-status.ts'
import { attachServices } from './attach-compose-project.ts'
import { abortable, monotonicClock, type Clock } from '../provider-kit/clock.ts'
import { connectionViews, type ConnectionViews } from './connection-views.ts'
import { Sessions } from './sessions.ts'
import { runningNeedsOf, runsToItsEnd, servicesToStart } from './plan-diff.ts'
import type { RunContext } from './run-context.ts'
import { RunImages } from './run-images.ts'
import { RunSecrets } from './run-secrets.ts'
import { ServiceAccess } from './service-access.ts'
import { seedTasks } from './seed.ts'
import { enterPhase, type StartContext } from './start-context.ts'
import { startServices } from './start-services.ts'
import { TaskStack, type TeardownResult } from './task-stack.ts'

/** Brings the services of a run to the state that a plan describes, plan after plan, and removes them at the end. */
export class Reconciler {
  /** Access to the services that run. */
  readonly services: ServiceAccess
  readonly #clock: Clock
  readonly #abort = new AbortController()
  readonly #stopped = new AbortController()
  readonly #sessions: Sessions
  readonly #runContext: RunContext
  readonly #shared: Omit<StartContext, 'plan' | 'placements' | 'abort' | 'journalProcess'>
  readonly #views = new Map<string, ConnectionViews>()
  /** Each update has a controller of its own, so that its failure ends only the services that it starts. */
  readonly #updates = new Set<AbortController>()
  /** Why services of the plan do not run since the last update, by name. */
  #failed: ReadonlyMap<string, string> = new Map()
  #plan: Plan | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(runContext: RunContext) {
    this.#runContext = runContext
    this.#clock = runContext.clock ?? monotonicClock
    const shared = {
      clock: this.#clock,
      runId: runContext.run.id,
      onProgress: runContext.onProgress,
      tasks: new TaskStack(this.#clock),
      secrets: new RunSecrets(),
      phaseDeadlines: new Map(),
      running: new Map(),
      attached: new Map(),
      hostPorts: new Set<number>(),
    }
    const phase: Report['phase'] = (service, name, detail) => enterPhase(shared, service, { phase: name, detail })
    const { tasks, secrets } = shared
    const { signal } = this.#abort
    this.#shared = { ...shared, images: new RunImages({ runContext, tasks, signal, phase, secrets }) }
    this.services = new ServiceAccess({ ...shared, signal: this.#stopped.signal })
    this.#sessions = new Sessions({
      runContext,
      clock: this.#clock,
      tasks,
      signal,
      redact: (text) => secrets.redact(text),
      phase,
    })
  }

  /** The first start has failed or the teardown has begun, so nothing more can be started in this run. */
  get broken(): boolean {
    return this.#abort.signal.aborted
  }

  /**
   * Starts the services of the plan that are new, changed or dead, and those that need them; the others keep running.
   * Calls run one after another. When it rejects, the services that it was to start do not run; the others keep
   * running, and the next call tries again. If none runs, the run is `broken`: then everything has been removed, unless
   * the request says to keep it. Services in `restarting` restart in any case.
   */
  apply(request: ProvisionRequest, restarting: readonly string[] = []): Promise<Connections> {
    const applied = this.#queue.then(() => this.#apply(request, restarting))
    this.#queue = applied.catch(() => {})
    return applied
  }

  /** Aborts all starts and removes everything. Never rejects. */
  async stop(reason = 'the run was stopped'): Promise<readonly TeardownResult[]> {
    this.#abort.abort(new MoorageError('ABORTED', `Stopped while services were starting: ${reason}.`))
    for (const update of this.#updates) update.abort(this.#abort.signal.reason)
    this.#stopped.abort(this.#abort.signal.reason)
    return await this.#shared.tasks.unwind()
  }

  /** Lets the run outlive the supervisor by `ms` milliseconds, on engines that support it. */
  async keep(ms: number): Promise<void> {
    await Promise.all(this.#sessions.all.map((session) => session.keep?.(ms)))
  }

  /** Why services that were ready no longer are, by name. A service that is expected to end is not checked. */
  async healthProblems(): Promise<ReadonlyMap<string, string>> {
    const plan = this.#plan
    const problems = await this.services.healthProblems(
      (name) => plan !== undefined && !runsToItsEnd(plan.services, name),
    )
    return new Map([...this.#failed, ...problems])
  }

  async #apply(request: ProvisionRequest, restarting: readonly string[]): Promise<Connections> {
    const isFirst = this.#plan === undefined
    const { plan } = request
    let starting: ReadonlySet<string> | undefined
    try {
      for (const { given } of Object.values(plan.services)) if (given !== undefined) this.#shared.secrets.hideUrl(given)
      const placements = await abortable(this.#sessions.place(request), this.#abort.signal)
      starting = await this.#takePlan(plan, restarting)
      const journalProcess = (entry: Json): void => this.#runContext.journal(request.host, entry)
      const abort = this.#beginUpdate()
      await this.#start({ ...this.#shared, plan, placements, abort, journalProcess }, starting, request.seeded)
      this.#failed = new Map()
      return this.#connections(plan)
    } catch (error) {
      const isKept = !isFirst && (!starting || (await this.#removeFailed(starting, error)))
      if (isKept && !this.broken) throw this.#redacted(error)
      this.#abort.abort(error)
      if (request.keep !== undefined) throw this.#redacted(error)
      throw this.#redacted(await this.#removeAll(error, isFirst))
    }
  }

  /** Removes what the plan does not have as it runs, and returns the services that have to start. */
  async #takePlan(plan: Plan, restarting: readonly string[]): Promise<ReadonlySet<string>> {
    const before = this.#plan?.services ?? {}
    const problems = await this.healthProblems()
    for (const [name, reason] of problems)
      if (plan.services[name])
        this.#shared.onProgress({ kind: 'notice', text: `services.${name} ${reason}. It is being restarted.` })
    const starting = servicesToStart(before, plan.services, new Set([...problems.keys(), ...restarting]))
    const removed = Object.keys(before).filter((name) => !plan.services[name])
    await this.#tearDown([...starting, ...removed].filter((name) => before[name]))
    this.#plan = plan
    return starting
  }

  #beginUpdate(): AbortController {
    const update = new AbortController()
    if (this.broken) update.abort(this.#abort.signal.reason)
    this.#updates.add(update)
    return update
  }

  /** Removes the services of an update that failed. Gives false where no service is left that runs. */
  async #removeFailed(starting: ReadonlySet<string>, error: unknown): Promise<boolean> {
    if (this.broken) return false
    try {
      await this.#tearDown([...starting])
    } catch {
      // The error of the update says more, and the removal of everything reports what cannot be removed.
      return false
    }
    const left = [...this.#shared.running].flatMap(([name, { exit }]) => (exit ? [] : [name]))
    if (!left.length) return false
    const failedName = isMoorageError(error) ? error.details.service : undefined
    const because = failedName === undefined ? '' : `, because services.${failedName} failed`
    this.#failed = new Map(
      [...starting].map((name) => [name, name === failedName ? 'has failed to start' : `was not started${because}`]),
    )
    const names = left.map((name) => `services.${name}`).join(', ')
    this.#shared.onProgress({ kind: 'notice', text: `The update failed. Still running, with their data: ${names}.` })
    return true
  }

  async #start(
    context: StartContext,
    starting: ReadonlySet<string>,
    seeded: ProvisionRequest['seeded'],
  ): Promise<void> {
    const needed = runningNeedsOf(context.plan.services, starting)
    const isGiven = (name: string): boolean => context.plan.services[name]?.given !== undefined
    // A running service may not have been needed before from the places where the new services are.
    for (const name of needed) {
      const running = context.running.get(name)
      if (running) this.#views.set(name, await connectionViews(context, name, running))
    }
    await attachServices(context, { starting, seeded })
    const names = [...starting, ...needed.filter(isGiven)]
    const ready = new Map([...this.#views].filter(([name]) => !names.includes(name)))
    for (const [name, views] of await startServices(context, names, ready)) this.#views.set(name, views)
  }

  #connections(plan: Plan): Connections {
    return Object.fromEntries(
      Object.keys(plan.services).map((name) => [name, (this.#views.get(name) as ConnectionViews).host]),
    )
  }

  /** Removes everything after a failure, and returns the error with what could not be removed. */
  async #removeAll(error: unknown, isFirst: boolean): Promise<unknown> {
    if (!isFirst)
      this.#shared.onProgress({
        kind: 'notice',
        text: 'The run could not be updated and is being removed, data included. The next start creates a new one.',
      })
    const results = await this.stop('another service failed')
    const hint = results
      .filter(({ failure }) => failure !== undefined)
      .map(({ title, failure }) => `Also, ${title} could not be removed: ${String(failure)}.`)
      .join('\n')
    return hint ? withDetails(error, 'START_FAILED', { hint }) : error
  }

  /** Removes services that are restarted or no longer in the plan. If one cannot be removed, the run is broken. */
  async #tearDown(names: readonly string[]): Promise<void> {
    if (!names.length) return
    const results = await this.#shared.tasks.tearDown(
      new Set(names.flatMap((name) => [`services.${name}`, ...seedTasks(name)])),
    )
    const failed = results.find(({ failure }) => failure !== undefined)
    if (failed) {
      const error = new MoorageError(
        'START_FAILED',
        `${failed.title} could not be removed for its restart: ${String(failed.failure)}.`,
      )
      this.#abort.abort(error)
      throw error
    }
    for (const name of names) {
      this.#shared.running.delete(name)
      this.#shared.attached.delete(name)
      this.#views.delete(name)
    }
  }

  #redacted(error: unknown): MoorageError {
    return redacted(withDetails(error, 'START_FAILED', {}), (text) => this.#shared.secrets.redact(text))
  }
}
