import { isMoorageError, messageOf, type CheckResult } from '@moorage/core'
import type { Finding, PlacedCheck } from './check.ts'

const DEFAULT_TIMEOUT_MS = 10_000

/** Runs checks at the same time, each within its time. Returns the findings in the order of the checks. */
export async function runChecks(checks: readonly PlacedCheck[]): Promise<readonly Finding[]> {
  const results = await Promise.all(checks.map(runCheck))
  return checks.flatMap(({ group, name, blocks }, i) =>
    (results[i] ?? []).map((result) => ({ group, name, ...result, ...(blocks === undefined ? {} : { blocks }) })),
  )
}

async function runCheck({ name, run, timeoutMs = DEFAULT_TIMEOUT_MS }: PlacedCheck): Promise<readonly CheckResult[]> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const late = Promise.withResolvers<readonly CheckResult[]>()
  timeout.addEventListener('abort', () => late.resolve([lateResult(name, timeoutMs)]), { once: true })
  try {
    return await Promise.race([Promise.resolve(run(timeout)), late.promise])
  } catch (error) {
    return timeout.aborted ? [lateResult(name, timeoutMs)] : [failedResult(error)]
  }
}

function lateResult(name: string, timeoutMs: number): CheckResult {
  return {
    status: 'warning',
    text: `the check ${name} has no answer after ${timeoutMs / 1_000} s`,
    fix: 'Run moorage doctor again, or look at what it asks: MOORAGE_DEBUG=1 moorage doctor.',
  }
}

/** The result for an error: its first line is the text, its hint the fix. */
export function failedResult(error: unknown): CheckResult {
  const hint = isMoorageError(error) ? error.hint : undefined
  const message = messageOf(error)
  const text = hint !== undefined && message.endsWith(`\n${hint}`) ? message.slice(0, -hint.length - 1) : message
  return {
    status: 'problem',
    text: text.replace(/\.$/, ''),
    fix: hint ?? 'The error says what to correct.',
  }
}
