import { messageOf } from '../contract/errors.ts'
import type { Probe } from '../contract/service.ts'
import { withTimeout, type Clock } from '../provider-kit/clock.ts'
import { describeExit } from '../readiness/describe-exit.ts'
import { resolveProbes } from './resolve-probes.ts'
import { waitReady } from '../readiness/wait-ready.ts'
import type { RunningService } from './start-context.ts'
import { listeningScope } from './template-scope.ts'

const HEALTH_CHECK_TIMEOUT_MS = 3_000

// The other kinds start a process inside the service, or read log lines that prove nothing about its present state.
const CHECKED_KINDS: readonly Probe['kind'][] = ['tcp', 'http', 'exchange']

/** Returns why a service that was ready no longer is; undefined if it still is. */
export async function healthProblem(
  service: string,
  running: RunningService,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<string | undefined> {
  if (running.exit) return describeExit(running.exit)
  const { unit, form, scopeInput } = running
  const probes = (form.ready ?? []).filter(({ kind }) => CHECKED_KINDS.includes(kind))
  const timeout = new AbortController()
  let lastReason = ''
  const ready = waitReady({
    service,
    unit,
    probes: resolveProbes(probes, listeningScope(scopeInput)),
    ports: scopeInput.ports,
    clock,
    signal: AbortSignal.any([signal, timeout.signal]),
    onAttempt: (reason) => (lastReason = `: ${reason}`),
  })
  const problem: Promise<string | undefined> = ready.then(() => undefined, messageOf)
  const late = (): string => `does not answer${lastReason}`
  const found = await withTimeout(problem, { clock, ms: HEALTH_CHECK_TIMEOUT_MS, late })
  timeout.abort()
  signal.throwIfAborted()
  return running.exit ? describeExit(running.exit) : found
}
