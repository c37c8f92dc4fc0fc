import type { Unit } from '../contract/running-unit.ts'
import { withTimeout, type Clock } from '../provider-kit/clock.ts'
import { LastLines } from '../provider-kit/last-lines.ts'

const MAX_LINES = 50

// An error without log lines is better than one that arrives late.
const READ_TIMEOUT_MS = 1_000

/**
 * The last 50 log lines of a unit, each cut after 2,000 characters, and at most 64 KiB of them. Never rejects: fewer
 * lines, or none, if they cannot be read within 1 s.
 */
export async function lastLines(unit: Unit, clock: Clock): Promise<readonly string[]> {
  const lines = new LastLines()
  const timeout = new AbortController()
  const read = async (): Promise<void> => {
    for await (const { text } of unit.logs({ tail: MAX_LINES, signal: timeout.signal })) lines.addLine(text)
  }
  await withTimeout(
    read().catch(() => {}),
    { clock, ms: READ_TIMEOUT_MS, late: () => timeout.abort() },
  )
  return lines.lines
}
