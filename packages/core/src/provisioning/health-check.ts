import { withTimeout, type Clock } from '../provider-kit/clock.ts'
import { messageOf } from '../contract/errors.ts'
import { describeExit, waitReady } from '../readiness/wait-ready.ts'
import type { Probe } from '../contract/service.ts'
import { resolveProbes } from '../readiness/resolve-probes.ts'
import type { RunningService } from './start-context.ts'

// Milliseconds in which a service that was ready has to answer again.
const ANSWER_TIMEOUT_MS = 3_000

// The others cost a process in the service, or ask what it said long ago.
const CHECKED_KINDS: readonly Probe['kind'][] = ['tcp', 'http', 'exchange']

/** Why a service that was ready is not any more; undefined while it is. */
export async function healthProblem(
  service: string,
  running: RunningService,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string | undefined> {
  if (running.exit) return describeExit(running.exit)
  const { unit, form, parts } = running
  const probes = resolveProbes(
    (form.ready ?? []).filter(({ kind }) => CHECKED_KINDS.includes(kind)),
    parts,
  )
  const enough = new AbortController()
  let last = ''
  const answering = waitReady({
    service,
    unit,
    probes,
    ports: parts.ports,
    clock,
    signal: AbortSignal.any([signal, enough.signal]),
    onAttempt: (reason) => (last = `: ${reason}`),
  })
  const asked: Promise<string | undefined> = answering.then(() => undefined, messageOf)
  const ailment = await withTimeout(asked, { clock, ms: ANSWER_TIMEOUT_MS, late: () => `does not answer${last}` })
  enough.abort()
  signal.throwIfAborted()
  return running.exit ? describeExit(running.exit) : ailment
}
