import type { Clock } from '../clock.ts'
import { Gates } from './gates.ts'
import type { Lifecycle } from './lifecycle.ts'
import type { PhaseClock } from './phases.ts'
import type { Plan } from '../config/plan.ts'
import type { Tell } from './progress.ts'
import type { Provider, Session, Unit } from '../provider.ts'
import { displayUrl, type Secrets } from './secrets.ts'
import { joinGiven, startService } from './service-start.ts'
import type { Phase, PlainConnection } from '../service.ts'

/** Where a service runs. */
export interface Placed {
  readonly provider: Provider
  readonly session: Session
}

export interface StartContext {
  readonly clock: Clock
  readonly plan: Plan
  readonly placed: ReadonlyMap<string, Placed>
  readonly lifecycle: Lifecycle
  readonly secrets: Secrets
  readonly tell: Tell
  readonly abort: AbortController
  readonly gates: Gates
  readonly clocks: Map<string, PhaseClock>
  readonly units: Map<string, Unit>
}

/** A provider's word that a service is in a phase: moves its clock and tells the client. */
export function enterPhase({ clocks, tell }: StartContext, service: string, [phase, detail]: readonly [Phase, string | undefined]): void {
  const clock = clocks.get(service)
  if (!clock) return
  if (clock.phase !== phase) clock.enter(phase)
  clock.lastReason = detail
  tell({ kind: 'phase', service, phase, ...(detail ? { detail } : {}) })
}

/**
 * Starts all services, as parallel as their needs allow. The connections are those seen from this machine. The first
 * failure aborts the rest; the promise rejects with it when every start has ended.
 */
export async function startAll(context: StartContext): Promise<{ [service: string]: PlainConnection }> {
  const { plan, abort, gates } = context
  const failures: unknown[] = []
  const names = Object.keys(plan.services)
  const connections = await Promise.all(
    names.map(async (name) => {
      try {
        return [[name, await startOne(context, name)] as const]
      } catch (error) {
        failures.push(error)
        gates.fail(name, error)
        abort.abort(error)
        return []
      }
    }),
  )
  if (failures.length) throw failures[0]
  return Object.fromEntries(connections.flat())
}

async function startOne(context: StartContext, name: string): Promise<PlainConnection> {
  const { plan, gates, tell, clock } = context
  const planned = plan.services[name]
  if (!planned) throw new RangeError(name)
  await gates.through(planned.needs)
  const since = clock.now()
  const given = planned.given !== undefined
  const { host } = given ? await joinGiven(context, name) : await startService(context, name)
  const ms = Math.round(clock.now() - since)
  tell({ kind: 'ready', service: name, ms, ...(typeof host['url'] === 'string' ? { url: displayUrl(host['url']) } : {}), ...(given ? { given } : {}) })
  return host
}
