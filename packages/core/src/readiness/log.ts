import type { ProbeAttempt } from './probe-attempt.ts'

/** Succeeds when enough lines have matched. Reads from the first line, so that no early line is missed. */
export const log: ProbeAttempt<{ readonly kind: 'log'; readonly pattern: string; readonly times?: number }> = async (
  { pattern, times = 1 },
  { unit, signal },
) => {
  const expression = new RegExp(pattern)
  let matches = 0
  for await (const { text } of unit.logs({ follow: true, signal })) {
    if (expression.test(text) && ++matches >= times) return undefined
  }
  return `/${pattern}/ matched ${matches} of ${times} lines in its log`
}
