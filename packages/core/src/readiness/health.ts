import type { HealthCheck } from '../contract/container-settings.ts'
import { isMoorageError, messageOf, MoorageError } from '../contract/errors.ts'
import type { ExecResult } from '../contract/running-unit.ts'
import type { HealthProbe } from '../contract/service.ts'
import { withTimeout } from '../provider-kit/clock.ts'
import { lastLines } from './read-last-lines.ts'
import { sleepUntilAborted, type ProbeAttempt, type ReadinessContext } from './probe-attempt.ts'

/** Source: Dockerfile reference, HEALTHCHECK. */
const DEFAULTS = {
  intervalMs: 30_000,
  timeoutMs: 30_000,
  retries: 3,
  startPeriodMs: 0,
  startIntervalMs: 5_000,
} satisfies Omit<HealthCheck, 'test'>

// A tenth of the time that has passed, so that a fast service is not delayed and a slow one is not kept busy.
const MIN_DELAY_MS = 100
const MAX_DELAY_MS = 1_000

// Source: moby, daemon/health.go, maxOutputLen.
const MAX_OUTPUT_CHARACTERS = 4_096

/**
 * Succeeds when the health check of the container does. It is run more often than its interval says, so that a service
 * is ready sooner; the container is unhealthy as late as with Docker, once the start period and `retries` intervals
 * have passed. Throws `MoorageError` (START_FAILED) then, with the check's last output.
 */
export const health: ProbeAttempt<HealthProbe> = async ({ optional = false }, context) => {
  const { service, clock, signal } = context
  const found = await findHealthCheck(context)
  if (!found) {
    if (optional) return undefined
    throw new MoorageError(
      'CONFIG_INVALID',
      `services.${service}.ready: its probe waits for a health check, and neither the config nor the image has one.`,
      { service, hint: "Set healthCheck: { test: 'command' }, or use a probe of another kind." },
    )
  }
  const check = { ...DEFAULTS, ...found }
  const { intervalMs, retries, startPeriodMs, startIntervalMs } = check
  const startedAt = clock.now()
  for (let failures = 0; ;) {
    const failure = await runCheck(check, context)
    if (!failure) return undefined
    signal.throwIfAborted()
    context.onAttempt(`its health check ${failure.reason}`)
    const elapsed = clock.now() - startedAt
    if (elapsed >= startPeriodMs) failures++
    if (failures >= retries && elapsed >= unhealthyAfterMs(check)) throw await unhealthy(check, failure, context)
    const longest = Math.min(MAX_DELAY_MS, elapsed < startPeriodMs ? startIntervalMs : intervalMs)
    await sleepUntilAborted(Math.min(Math.max(MIN_DELAY_MS, elapsed / 10), longest), context)
    signal.throwIfAborted()
  }
}

/** Milliseconds that a health check of the config may take until the container is healthy, or known to be unhealthy. */
export function healthTimeoutMs(given: HealthCheck): number {
  const check = { ...DEFAULTS, ...given }
  return unhealthyAfterMs(check) + check.retries * check.timeoutMs
}

function unhealthyAfterMs({ startPeriodMs, retries, intervalMs }: typeof DEFAULTS): number {
  return startPeriodMs + retries * intervalMs
}

async function findHealthCheck({ unit, healthCheck, signal }: ReadinessContext): Promise<HealthCheck | undefined> {
  if (healthCheck === 'none') return undefined
  return healthCheck ?? (await unit.imageHealthCheck?.(signal))
}

interface CheckFailure {
  /** Continues `its health check `. */
  readonly reason: string
  readonly output: string
}

/** Runs the check once. Returns why it failed; undefined if it succeeded. */
async function runCheck(
  { test, timeoutMs }: Required<HealthCheck>,
  { service, unit, clock, signal }: ReadinessContext,
): Promise<CheckFailure | undefined> {
  if (!unit.exec)
    throw new MoorageError(
      'OPTION_UNSUPPORTED',
      `services.${service}.healthCheck: its provider cannot run commands inside the service, so it cannot check it.`,
      { service, hint: 'Use a probe of another kind: tcp, http, log or exchange.' },
    )
  const late = new AbortController()
  const command = typeof test === 'string' ? ['/bin/sh', '-c', test] : test
  const running: Promise<ExecResult | CheckFailure> = unit
    .exec(command, AbortSignal.any([signal, late.signal]))
    .catch((error: unknown) => {
      if (isMoorageError(error) && error.code === 'PROVIDER_LOST') throw error
      return { reason: `could not run: ${messageOf(error)}`, output: '' }
    })
  const timedOut = (): CheckFailure => {
    late.abort(new RangeError('the health check takes too long'))
    return { reason: `did not end within ${timeoutMs / 1000} s`, output: '' }
  }
  const result = await withTimeout(running, { clock, ms: timeoutMs, late: timedOut })
  if ('reason' in result) return result
  if (result.code === 0) return undefined
  const output = `${result.stdout}${result.stderr}`.trim().slice(-MAX_OUTPUT_CHARACTERS)
  const lastLine = output.split('\n').at(-1)
  return { reason: `ended with exit code ${result.code}${lastLine ? `: ${lastLine}` : ''}`, output }
}

async function unhealthy(
  check: Required<HealthCheck>,
  { reason, output }: CheckFailure,
  { service, unit, clock }: ReadinessContext,
): Promise<MoorageError> {
  const { test, retries, intervalMs, startPeriodMs } = check
  const command = typeof test === 'string' ? test : test.join(' ')
  const rules = `${retries} retries, ${intervalMs / 1000} s apart, after a start period of ${startPeriodMs / 1000} s`
  return new MoorageError('START_FAILED', `services.${service} is unhealthy: its health check ${reason}.`, {
    service,
    phase: 'ready',
    logs: await lastLines(unit, clock),
    hint: [
      `The check is '${command}' (${rules}).`,
      output.includes('\n') ? `Its last output:\n${output.replace(/^/gm, '  ')}` : '',
      'Correct the check or the service, or raise retries or startPeriodMs of healthCheck.',
    ]
      .filter(Boolean)
      .join('\n'),
  })
}
