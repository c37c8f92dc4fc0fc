import { DEFAULT_DEADLINES_MS } from '../config/deadlines.ts'
import type { PlannedService } from '../config/plan.ts'
import { messageWithoutHint, MoorageError, withDetails } from '../contract/errors.ts'
import type { UnitSpec } from '../contract/provider.ts'
import type { Exit, Unit } from '../contract/running-unit.ts'
import type { Form, ServiceSpec } from '../contract/service.ts'
import { abortable } from '../provider-kit/clock.ts'
import { describeExit } from '../readiness/describe-exit.ts'
import { describeListening } from '../readiness/describe-listening.ts'
import { healthTimeoutMs } from '../readiness/health.ts'
import { lastLines } from '../readiness/read-last-lines.ts'
import { resolveProbes } from './resolve-probes.ts'
import { waitReady } from '../readiness/wait-ready.ts'
import { connectionViews, resolveReference, type ConnectionViews, type NeededViews } from './connection-views.ts'
import { reserveExternalAddress } from './reserve-host-ports.ts'
import { PhaseDeadline } from './phase-deadline.ts'
import { runsToItsEnd } from './plan-diff.ts'
import type { RunImage } from './run-images.ts'
import { runCreateTemplate, runPrepare, runSeed } from './seed.ts'
import { enterPhase, type Placement, type RunningService, type StartContext } from './start-context.ts'
import { listeningScope, type ScopeInput } from './template-scope.ts'
import { createUnitSpec, hideEnvironment } from './unit-spec.ts'

export interface ServiceStart {
  readonly name: string
  /** The views of the services that it needs. */
  readonly needed: NeededViews
  /** The image that was built for it. */
  readonly image: RunImage | undefined
  /** Called when the service runs, before it is ready. */
  onStarted(views: ConnectionViews): void
}

/**
 * Starts one service and waits until it is ready, or completed if another service needs that. The deadlines of its
 * phases run meanwhile. `context.tasks` undoes the start.
 */
export async function startService(context: StartContext, start: ServiceStart): Promise<ConnectionViews> {
  const { name } = start
  const { plan, abort, phaseDeadlines } = context
  const { provider } = context.placements.get(name) as Placement
  let ended = false
  const expire = async (deadlineError: MoorageError): Promise<void> => {
    const error = await withObservations(context, name, deadlineError)
    if (!ended) abort.abort(error)
  }
  const phaseDeadline = new PhaseDeadline(
    { service: name, deadlines: deadlinesOf(plan.services[name]?.spec), clock: context.clock },
    (deadlineError) => void expire(deadlineError),
  )
  phaseDeadlines.set(name, phaseDeadline)
  phaseDeadline.enter('admit')
  try {
    // An abort ends the start at once, whatever it is waiting for.
    return await abortable(runPhases(context, start, phaseDeadline), abort.signal)
  } catch (error) {
    // The cause is the deadline or the failure of another service, not what the engine reports about the abort.
    const cause: unknown = abort.signal.aborted ? abort.signal.reason : error
    throw withDetails(cause, 'START_FAILED', { service: name, provider: provider.name, phase: phaseDeadline.phase })
  } finally {
    ended = true
    phaseDeadline.stop()
  }
}

async function runPhases(
  context: StartContext,
  start: ServiceStart,
  phaseDeadline: PhaseDeadline,
): Promise<ConnectionViews> {
  const { name } = start
  const { plan } = context
  const { signal } = context.abort
  const { spec } = plan.services[name] as PlannedService
  const { provider } = context.placements.get(name) as Placement
  const running = await launch(context, start)
  const { unit, form, scopeInput } = running
  const views = await connectionViews(context, name, running)
  start.onStarted(views)
  enterPhase(context, name, { phase: 'ready' })
  if (runsToItsEnd(plan.services, name)) {
    await waitCompleted(context, name, unit)
    return views
  }
  await waitReady({
    service: name,
    unit,
    probes: resolveProbes(form.ready ?? [], listeningScope(scopeInput)),
    ports: scopeInput.ports,
    ...(provider.form === 'container' ? { healthCheck: spec.container?.healthCheck } : {}),
    signal,
    clock: context.clock,
    onAttempt: (reason) => (phaseDeadline.lastReason = reason),
  })
  // Only now does the address count: a server may have chosen one of two loopbacks.
  const readyViews = await connectionViews(context, name, running)
  // The probes have succeeded, so the reason of their last failure no longer explains a missed deadline.
  phaseDeadline.lastReason = form.prepare && 'its preparation has not ended'
  const input = { connection: readyViews.host, root: plan.root, signal, context }
  if (form.prepare) await runPrepare(name, form.prepare, input)
  phaseDeadline.lastReason = spec.seed && 'its seed has not ended'
  if (spec.seed) await runSeed(name, spec.seed, input)
  if (spec.isolate) await runCreateTemplate(name, spec.isolate, input)
  void unit.exited.then((exit) => reportExit(context, running, exit))
  return readyViews
}

async function launch(context: StartContext, { name, needed, image }: ServiceStart): Promise<RunningService> {
  const { plan, secrets } = context
  const { signal } = context.abort
  const placement = context.placements.get(name) as Placement
  const { provider, session } = placement
  const { spec } = plan.services[name] as PlannedService
  signal.throwIfAborted()
  const requested = Object.fromEntries(
    Object.keys(spec.ports).map((port) => [port, spec.process?.fixedPorts?.[port] ?? 0]),
  )
  const ports = (await session.reserve?.(name, requested)) ?? spec.ports
  signal.throwIfAborted()
  const ref: ScopeInput['ref'] = (path) => resolveReference(context, { name, needed }, path)
  const external = await reserveExternalAddress(name, { spec, placement }, context.hostPorts)
  const scopeInput: ScopeInput = { service: name, ports, secrets, ref, ...(external ? { external } : {}) }
  const unitSpec = createUnitSpec(spec, provider.form, { ...scopeInput, root: plan.root, ...(image ? { image } : {}) })
  hideEnvironment(unitSpec)
  const unit = await startUnit(context, unitSpec, image)
  const running: RunningService = { unit, form: spec[provider.form] as Form, scopeInput }
  context.running.set(name, running)
  void unit.exited.then((exit) => (running.exit = exit))
  return running
}

async function startUnit(
  { plan, placements, tasks, abort, attached }: StartContext,
  spec: UnitSpec,
  image: RunImage | undefined,
): Promise<Unit> {
  const { provider, session } = placements.get(spec.name) as Placement
  const needs = Object.keys(plan.services[spec.name]?.needs ?? {}).map((need) => `services.${need}`)
  const usersOwn = attached.get(spec.name)
  let starting: Promise<Unit> | undefined
  return await tasks.run({
    title: `services.${spec.name}`,
    needs: [`session ${provider.name}`, ...(image ? [image.task] : []), ...needs],
    // A provider that ignores the signal delays the teardown, but not the error.
    setup: () =>
      abortable((starting = usersOwn ? Promise.resolve(usersOwn) : session.start(spec, abort.signal)), abort.signal),
    teardown: async () => {
      const unit = await starting?.catch(() => undefined)
      await unit?.stop()
    },
  })
}

async function waitCompleted({ abort, clock }: StartContext, name: string, unit: Unit): Promise<void> {
  const exit = await abortable(unit.exited, abort.signal)
  if (exit.code === 0) return
  throw new MoorageError('SERVICE_EXITED', `services.${name} did not complete: it ${describeExit(exit)}.`, {
    service: name,
    phase: 'ready',
    logs: await lastLines(unit, clock),
    hint: 'Its last log lines show why. Other services wait until it has completed, so it must end with exit code 0.',
  })
}

/** A health check of the config may take longer than the default deadline of the phase `ready`. */
function deadlinesOf(spec: ServiceSpec | undefined): ServiceSpec['deadlines'] {
  const check = spec?.container?.healthCheck
  if (!check || check === 'none' || !spec?.container?.ready?.some(({ kind }) => kind === 'health'))
    return spec?.deadlines
  return { ready: Math.max(DEFAULT_DEADLINES_MS.ready, healthTimeoutMs(check)), ...spec.deadlines }
}

/** Reports a service that ended after it was ready, unless the run is being torn down. */
async function reportExit(context: StartContext, { unit, scopeInput }: RunningService, exit: Exit): Promise<void> {
  const { onProgress, abort, secrets, clock } = context
  if (abort.signal.aborted) return
  const logs = (await lastLines(unit, clock)).map((line) => secrets.redact(line))
  onProgress({ kind: 'exited', service: scopeInput.service, reason: describeExit(exit), logs })
}

/** Adds the last lines of the service, and where it listens if it is not ready. */
async function withObservations(
  { running, clock }: StartContext,
  name: string,
  deadlineError: MoorageError,
): Promise<MoorageError> {
  const service = running.get(name)
  if (!service) return deadlineError
  const { unit, scopeInput } = service
  const { code, details } = deadlineError
  const [logs, listening] = await Promise.all([
    lastLines(unit, clock),
    details.phase === 'ready' ? describeListening(unit, scopeInput.ports) : undefined,
  ])
  const message = messageWithoutHint(deadlineError)
  // A probe of the port has said the same.
  const isKnown = listening === undefined || message.toLowerCase().includes(listening.toLowerCase())
  return new MoorageError(code, isKnown ? message : `${message} ${listening}`, { ...details, logs })
}
