import { MoorageError } from '../contract/errors.ts'
import type { Exit } from '../contract/running-unit.ts'
import type { Probe } from '../contract/service.ts'
import { describeExit } from './describe-exit.ts'
import { exchange } from './exchange.ts'
import { exec } from './exec.ts'
import { http } from './http.ts'
import { lastLines } from './read-last-lines.ts'
import { health } from './health.ts'
import { log } from './log.ts'
import { tcp } from './tcp.ts'
import {
  ATTEMPT_TIMEOUT_MS,
  MAX_ATTEMPT_TIMEOUT_MS,
  type ProbeAttempt,
  sleepUntilAborted,
  type ReadinessContext,
} from './probe-attempt.ts'

// The delay between attempts by the time since the first one: short at first, so that a fast service is not delayed.
const RETRY_DELAYS_MS: readonly (readonly [elapsedBelow: number, delay: number])[] = [
  [20, 5],
  [400, 10],
  [1_000, 25],
  [5_000, 50],
]
const MAX_RETRY_DELAY_MS = 100

const ATTEMPT_BY_KIND: { readonly [K in Probe['kind']]: ProbeAttempt<Extract<Probe, { kind: K }>> } = {
  tcp,
  http,
  log,
  exec,
  health,
  exchange,
}

/**
 * Resolves when all probes have succeeded, one after another. Rejects at once with `MoorageError` (SERVICE_EXITED) when
 * the unit ends, and with the signal's reason when it aborts. The caller sets the deadline.
 */
export async function waitReady(context: ReadinessContext): Promise<void> {
  const settled = new AbortController()
  const signal = AbortSignal.any([context.signal, settled.signal])
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(context.signal.reason)
  context.signal.addEventListener('abort', onAbort, { once: true })
  try {
    context.signal.throwIfAborted()
    const exit = context.unit.exited.then((ended) => throwExited(context, ended))
    await Promise.race([runProbes({ ...context, signal }), exit, aborted.promise])
  } finally {
    context.signal.removeEventListener('abort', onAbort)
    settled.abort()
  }
}

async function runProbes(context: ReadinessContext): Promise<void> {
  for (const probe of context.probes) {
    let attemptTimeoutMs = ATTEMPT_TIMEOUT_MS
    for (const startedAt = context.clock.now(); ;) {
      const attemptedAt = context.clock.now()
      const attempt = ATTEMPT_BY_KIND[probe.kind] as ProbeAttempt<Probe>
      const reason = await attempt(probe, { ...context, attemptTimeoutMs })
      if (reason === undefined) break
      context.signal.throwIfAborted()
      context.onAttempt(reason)
      if (context.clock.now() - attemptedAt >= attemptTimeoutMs)
        attemptTimeoutMs = Math.min(attemptTimeoutMs * 2, MAX_ATTEMPT_TIMEOUT_MS)
      const elapsed = context.clock.now() - startedAt
      const [, delay] = RETRY_DELAYS_MS.find(([elapsedBelow]) => elapsed < elapsedBelow) ?? [0, MAX_RETRY_DELAY_MS]
      await sleepUntilAborted(delay, context)
    }
  }
}

async function throwExited({ service, unit, signal, clock }: ReadinessContext, exit: Exit): Promise<never> {
  signal.throwIfAborted()
  const logs = await lastLines(unit, clock)
  throw new MoorageError('SERVICE_EXITED', `services.${service} ${describeExit(exit)} before it was ready.`, {
    service,
    phase: 'ready',
    logs,
    hint: exitHint(logs),
  })
}

function exitHint(logs: readonly string[]): string {
  // The text of the kernel's ENOEXEC, which every container runtime passes on.
  if (logs.at(-1)?.endsWith('exec format error'))
    return 'Its program is built for a different CPU architecture: use an image or a command for the architecture of its machine.'
  return logs.length ? 'Its last log lines show why.' : 'It wrote no output. Run its command by hand to see why.'
}
