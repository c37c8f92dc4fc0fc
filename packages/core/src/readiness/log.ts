import type { ProbeAttempt } from './probe-attempt.ts'

/** Succeeds when enough lines have matched. Reads from the first line, so that no early line is missed. */
export const log: ProbeAttempt<{ readonly kind: 'log'; readonly pattern: string; readonly times?: number }> = async (
  { pattern, times = 1 },
  { unit, signal, onAttempt },
) => {
  const expression = new RegExp(pattern)
  let matches = 0
  const describe = (): string => `/${pattern}/ matched ${matches} of ${times} lines in its log`
  // The only attempt lasts until the deadline, whose message says how far it came.
  onAttempt(describe())
  for await (const { text } of unit.logs({ follow: true, signal })) {
    if (!expression.test(text)) continue
    if (++matches >= times) return undefined
    onAttempt(describe())
  }
  return describe()
}
