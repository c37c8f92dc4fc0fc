import { isNeeded, runsToItsEnd } from './plan-diff.ts'
import { connectionFrom, connectionFromUrl, getPath, type ScopeParts, type View } from './service-connection.ts'
import { abortable } from '../provider-kit/clock.ts'
import { withDetails, MoorageError } from '../contract/errors.ts'
import type { ConnectionViews } from './dependency-gates.ts'
import { connectionViaHost, givenUrlViaHost } from './host-access.ts'
import type { Json } from '../contract/json.ts'
import { PhaseClock } from './phase-deadlines.ts'
import type { PlannedService } from '../config/plan.ts'
import { resolveProbes } from '../readiness/resolve-probes.ts'
import type { Endpoint, Exit, Unit, UnitSpec } from '../contract/provider.ts'
import { describeExit, lastLines, waitReady } from '../readiness/wait-ready.ts'
import { runCreateTemplate, runSeed } from './seed.ts'
import type { Form } from '../contract/service.ts'
import { enterPhase, type Placement, type RunningService, type StartContext } from './start-context.ts'
import { hideEnvironment, unitSpec } from './unit-spec.ts'

/** One service's way from its plan to ready; what it made is undone by the lifecycle, not here. */
export async function startService(context: StartContext, name: string): Promise<ConnectionViews> {
  const { plan, abort, clocks } = context
  const { provider } = context.placed.get(name) as Placement
  let over = false
  const expire = async (late: MoorageError): Promise<void> => {
    const told = await withLastLines(context, name, late)
    if (!over) abort.abort(told)
  }
  const clock = new PhaseClock(
    { service: name, deadlines: plan.services[name]?.spec.deadlines, clock: context.clock },
    (late) => void expire(late),
  )
  clocks.set(name, clock)
  clock.enter('admit')
  try {
    // Whatever it waits for: an abort ends the start at once.
    return await abortable(through(context, name, clock), abort.signal)
  } catch (error) {
    // The deadline, or the other service's failure, is the cause; what an engine says of the abort is not.
    const cause: unknown = abort.signal.aborted ? abort.signal.reason : error
    throw withDetails(cause, 'START_FAILED', { service: name, provider: provider.name, phase: clock.phase })
  } finally {
    over = true
    clock.stop()
  }
}

/** What a service that is late has said, where it runs already. */
async function withLastLines(
  { running, clock }: StartContext,
  name: string,
  late: MoorageError,
): Promise<MoorageError> {
  const unit = running.get(name)?.unit
  return unit ? withDetails(late, late.code, { logs: await lastLines(unit, clock) }) : late
}

async function through(context: StartContext, name: string, clock: PhaseClock): Promise<ConnectionViews> {
  const { plan, secrets, gates } = context
  const { signal } = context.abort
  const { provider, session } = context.placed.get(name) as Placement
  const { spec } = plan.services[name] as PlannedService
  const form = spec[provider.form] as Form
  signal.throwIfAborted()
  const wishes = Object.fromEntries(
    Object.keys(spec.ports).map((port) => [port, spec.process?.fixedPorts?.[port] ?? 0]),
  )
  const ports = (await session.reserve?.(name, wishes)) ?? spec.ports
  signal.throwIfAborted()
  const parts: ScopeParts = { service: name, ports, secrets, ref: (path) => lookUp(context, name, path) }
  const toStart = unitSpec(spec, provider.form, { ...parts, root: plan.root })
  hideEnvironment(toStart)
  const unit = await launch(context, toStart)
  const running: RunningService = { unit, form, parts }
  context.running.set(name, running)
  void unit.exited.then((exit) => (running.exit = exit))
  const seen = await viewsOf(context, name, running)
  gates.resolve(name, 'started', seen)
  enterPhase(context, name, ['ready', undefined])
  if (runsToItsEnd(plan.services, name)) {
    await completed(name, unit, context)
    // Whoever only needs it ready may go on as well.
    for (const condition of ['completed', 'ready'] as const) gates.resolve(name, condition, seen)
    return seen
  }
  const probes = resolveProbes(form.ready ?? [], parts)
  await waitReady({
    service: name,
    unit,
    probes,
    ports,
    signal,
    clock: context.clock,
    onAttempt: (reason) => (clock.lastReason = reason),
  })
  // It answers: from here on that is not what is waited for.
  clock.lastReason = spec.seed && 'its seed has not ended'
  if (spec.seed) await runSeed(name, spec.seed, { connection: seen.host, root: plan.root, signal })
  if (spec.isolate) await runCreateTemplate(name, spec.isolate, { connection: seen.host, root: plan.root, signal })
  void unit.exited.then((exit) => tellExit(context, { name, unit, exit }))
  gates.resolve(name, 'ready', seen)
  return seen
}

/** A service's connection from every side that somebody asks from. */
export async function viewsOf(
  context: StartContext,
  name: string,
  { unit, form, parts }: RunningService,
): Promise<ConnectionViews> {
  const from =
    (view: View) =>
    async (port: number): Promise<Endpoint> =>
      await unit.endpoint(port, view)
  const host = await connectionFrom(from('host'), form, parts)
  const borrowed = await connectionViaHost(context, name, (expose) =>
    connectionFrom(async (port) => await expose((await unit.endpoint(port, 'host')).port), form, parts),
  )
  // An engine may know the inner address later than the service answers.
  const network = isNeeded(context.plan.services, name) ? await connectionFrom(from('network'), form, parts) : host
  return { host, network, ...(borrowed ? { viaHost: borrowed } : {}) }
}

async function launch({ plan, placed, lifecycle, abort }: StartContext, spec: UnitSpec): Promise<Unit> {
  const { provider, session } = placed.get(spec.name) as Placement
  const needs = Object.keys(plan.services[spec.name]?.needs ?? {}).map((need) => `services.${need}`)
  let starting: Promise<Unit> | undefined
  return await lifecycle.run({
    title: `services.${spec.name}`,
    needs: [`session ${provider.name}`, ...needs],
    // A provider that ignores the signal holds up the way down, not the error.
    setup: () => abortable((starting = session.start(spec, abort.signal)), abort.signal),
    teardown: async () => {
      const unit = await starting?.catch(() => undefined)
      await unit?.stop()
    },
  })
}

async function completed(name: string, unit: Unit, { abort, clock }: StartContext): Promise<void> {
  const exit = await abortable(unit.exited, abort.signal)
  if (exit.code === 0) return
  throw new MoorageError('SERVICE_EXITED', `services.${name} had to complete, but ${describeExit(exit)}.`, {
    service: name,
    phase: 'ready',
    logs: await lastLines(unit, clock),
    hint: 'Its last lines say why; a service that others need as completed must end with exit code 0.',
  })
}

async function tellExit(
  { onProgress, abort, secrets, clock }: StartContext,
  { name, unit, exit }: { name: string; unit: Unit; exit: Exit },
): Promise<void> {
  if (abort.signal.aborted) return
  const logs = (await lastLines(unit, clock)).map((line) => secrets.redact(line))
  onProgress({ kind: 'exited', service: name, reason: describeExit(exit), logs })
}

/** Siblings of one session reach each other inside, containers what is lent to them; everybody else comes from this machine. */
function lookUp({ placed, gates }: StartContext, consumer: string, path: readonly string[]): Json {
  const [target = '', ...rest] = path
  const { session, provider } = placed.get(consumer) as Placement
  const seen = gates.views(target) as ConnectionViews
  if (session === placed.get(target)?.session) return getPath(seen.network as Json, rest)
  return getPath(((provider.form === 'container' ? seen.viaHost : undefined) ?? seen.host) as Json, rest)
}

/** A service that the user runs: its address is tried once, and it is never seeded, reset or stopped. */
export async function joinGiven(context: StartContext, name: string): Promise<ConnectionViews> {
  const { plan, abort, gates, clock } = context
  const { given = '', variable } = plan.services[name] as PlannedService
  const connection = connectionFromUrl(given)
  const { host, port } = connection as { host: string; port: number }
  const borrowed = await givenUrlViaHost(context, name)
  const seen = { host: connection, network: connection, ...(borrowed ? { viaHost: borrowed } : {}) }
  const unit = {
    endpoint: () => Promise.resolve({ host, port }),
    exited: new Promise<never>(() => {}),
    stop: () => Promise.resolve(),
    logs: noLines,
  }
  const signal = AbortSignal.any([abort.signal, AbortSignal.timeout(5_000)])
  try {
    await waitReady({
      service: name,
      unit,
      probes: [{ kind: 'tcp' }],
      ports: { main: port },
      signal,
      clock,
      onAttempt: () => {},
    })
  } catch (cause) {
    abort.signal.throwIfAborted()
    throw new MoorageError(
      'START_FAILED',
      `services.${name}: ${variable} is set, but nothing answers at ${host}:${port}.`,
      {
        service: name,
        hint: `Start that service, or unset ${variable} to let moorage start one.`,
        cause,
      },
    )
  }
  for (const condition of ['started', 'ready', 'completed'] as const) gates.resolve(name, condition, seen)
  return seen
}

async function* noLines(): AsyncGenerator<never> {}
