import type { LogProbe } from '../contract/service.ts'
import type { ProbeAttempt } from './probe-attempt.ts'

/** Succeeds when enough lines have matched. Reads from the first line, so that no early line is missed. */
export const log: ProbeAttempt<LogProbe> = async ({ pattern, times = 1, since }, { unit, signal, onAttempt }) => {
  const expression = new RegExp(pattern)
  const start = since === undefined ? undefined : new RegExp(since)
  let isCounting = start === undefined
  let matches = 0
  const describe = (): string =>
    isCounting
      ? `/${pattern}/ matched ${matches} of ${times} lines in its log${since === undefined ? '' : ` since /${since}/`}`
      : `no line of its log matched /${since}/`
  // The only attempt lasts until the deadline, whose message says how far it came.
  onAttempt(describe())
  for await (const { text } of unit.logs({ follow: true, signal })) {
    if (start?.test(text)) {
      isCounting = true
      matches = 0
    } else if (isCounting && expression.test(text)) {
      if (++matches >= times) return undefined
    } else continue
    onAttempt(describe())
  }
  return describe()
}
