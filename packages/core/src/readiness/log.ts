import type { ProbeAttempt } from './probe-attempt.ts'

/** Holds when a line has matched often enough. Reads from the first line on, so a fast start is not missed. */
export const log: ProbeAttempt<{ readonly kind: 'log'; readonly pattern: string; readonly times?: number }> = async (
  { pattern, times = 1 },
  { unit, signal },
) => {
  const expression = new RegExp(pattern)
  let seen = 0
  for await (const { text } of unit.logs({ follow: true, signal })) {
    if (expression.test(text) && ++seen >= times) return undefined
  }
  return `/${pattern}/ was in its log ${seen} of ${times} times`
}
