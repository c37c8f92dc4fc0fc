import { within, type Clock } from '../provider-kit/clock.ts'
import { messageOf } from '../contract/errors.ts'
import { describeExit, waitReady } from '../readiness/wait-ready.ts'
import type { Probe } from '../contract/service.ts'
import { resolveProbes } from '../readiness/resolve-probes.ts'
import type { Running } from './start-services.ts'

// Milliseconds in which a service that was ready has to answer again.
const ANSWER = 3_000

// The others cost a process in the service, or ask what it said long ago.
const ASKED: readonly Probe['kind'][] = ['tcp', 'http', 'exchange']

/** Why a service that was ready is not any more; undefined while it is. */
export async function ailmentOf(service: string, running: Running, { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal }): Promise<string | undefined> {
  if (running.exit) return describeExit(running.exit)
  const { unit, form, parts } = running
  const probes = resolveProbes((form.ready ?? []).filter(({ kind }) => ASKED.includes(kind)), parts)
  const enough = new AbortController()
  let last = ''
  const answering = waitReady({ service, unit, probes, ports: parts.ports, clock, signal: AbortSignal.any([signal, enough.signal]), seen: (reason) => (last = `: ${reason}`) })
  const asked: Promise<string | undefined> = answering.then(() => undefined, messageOf)
  const ailment = await within(asked, { clock, ms: ANSWER, late: () => `does not answer${last}` })
  enough.abort()
  signal.throwIfAborted()
  return running.exit ? describeExit(running.exit) : ailment
}
