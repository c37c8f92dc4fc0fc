import { withTimeout, type Clock } from '../provider-kit/clock.ts'
import { MoorageError } from '../contract/errors.ts'
import type { Exit, LogLine, Unit } from '../contract/provider.ts'
import type { Probe } from '../contract/service.ts'
import { exchange } from './exchange.ts'
import { exec } from './exec.ts'
import { http } from './http.ts'
import { log } from './log.ts'
import { tcp } from './tcp.ts'
import type { ProbeAttempt, ReadinessContext } from './probe-attempt.ts'

// Until so many milliseconds have passed, so many between tries: what is there at once must not wait for the slow.
const RETRY_DELAYS_MS: readonly (readonly [until: number, pause: number])[] = [
  [20, 5],
  [400, 10],
  [1_000, 25],
  [5_000, 50],
]
const MAX_RETRY_DELAY_MS = 100

const attempts: { readonly [K in Probe['kind']]: ProbeAttempt<Extract<Probe, { kind: K }>> } = {
  tcp,
  http,
  log,
  exec,
  exchange,
}

/**
 * Resolves when all probes have held, in their order. Rejects at once when the unit ends (SERVICE_EXITED, with its
 * last lines) or the signal aborts (with its reason): deadlines are the caller's.
 */
export async function waitReady(waiting: ReadinessContext): Promise<void> {
  const over = new AbortController()
  const signal = AbortSignal.any([waiting.signal, over.signal])
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(waiting.signal.reason)
  waiting.signal.addEventListener('abort', onAbort, { once: true })
  try {
    waiting.signal.throwIfAborted()
    const exit = waiting.unit.exited.then((ended) => notReady(waiting, ended))
    await Promise.race([allHold({ ...waiting, signal }), exit, aborted.promise])
  } finally {
    waiting.signal.removeEventListener('abort', onAbort)
    over.abort()
  }
}

async function allHold(waiting: ReadinessContext): Promise<void> {
  for (const probe of waiting.probes) {
    for (const since = waiting.clock.now(); ;) {
      const reason = await (attempts[probe.kind] as ProbeAttempt<Probe>)(probe, waiting)
      if (reason === undefined) break
      waiting.signal.throwIfAborted()
      waiting.onAttempt(reason)
      const [, rest] = RETRY_DELAYS_MS.find(([until]) => waiting.clock.now() - since < until) ?? [0, MAX_RETRY_DELAY_MS]
      await pause(rest, waiting)
    }
  }
}

function pause(ms: number, { clock, signal }: ReadinessContext): Promise<void> {
  return new Promise((done) => {
    const cancel = clock.after(ms, finish)
    function finish(): void {
      cancel()
      signal.removeEventListener('abort', finish)
      done()
    }
    signal.addEventListener('abort', finish, { once: true })
  })
}

async function notReady({ service, unit, signal, clock }: ReadinessContext, exit: Exit): Promise<never> {
  signal.throwIfAborted()
  const logs = await lastLines(unit, clock)
  throw new MoorageError('SERVICE_EXITED', `services.${service} ${describeExit(exit)} before it was ready.`, {
    service,
    phase: 'ready',
    logs,
    hint: hintForProbe(logs),
  })
}

function hintForProbe(logs: readonly string[]): string {
  // A kernel's word, passed on by every container runtime.
  if (logs.at(-1)?.endsWith('exec format error'))
    return 'What it runs is no program for the processor that it runs on: use an image, or a command, for that one.'
  return logs.length ? 'Its last lines say why.' : 'It wrote nothing: run its command by hand to see why.'
}

export function describeExit({ reason, code, signal, detail }: Exit): string {
  const how = signal
    ? `was killed by ${signal}`
    : code !== undefined
      ? `ended with exit code ${code}`
      : reason === 'exited'
        ? 'ended'
        : `was ${reason}`
  return detail ? `${how} (${detail})` : how
}

// Milliseconds to collect the last lines: an error that is late is worse than one without them.
const LOG_READ_TIMEOUT_MS = 1_000

/** The last 50 lines of a unit, as far as they can be had. */
export async function lastLines(unit: Unit, clock: Clock): Promise<readonly string[]> {
  const lines: string[] = []
  const enough = new AbortController()
  const collect = async (): Promise<void> => {
    for await (const { text } of unit.logs({ tail: 50, signal: enough.signal }) as AsyncIterable<LogLine>)
      lines.push(text)
  }
  await withTimeout(
    collect().catch(() => {}),
    { clock, ms: LOG_READ_TIMEOUT_MS, late: () => enough.abort() },
  )
  return lines.slice(-50)
}
