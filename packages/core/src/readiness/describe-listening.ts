import type { Ports } from '../contract/provider.ts'
import type { Unit } from '../contract/running-unit.ts'

// An error without this sentence is better than one that arrives late.
const CHECK_TIMEOUT_MS = 1_000

/**
 * Describes in a sentence where a unit that is not ready listens, as far as its provider knows. Never rejects;
 * undefined if nothing is known.
 */
export async function describeListening(unit: Unit, ports: Ports): Promise<string | undefined> {
  const signal = AbortSignal.timeout(CHECK_TIMEOUT_MS)
  try {
    if (unit.listeners) {
      const listeners = await unit.listeners()
      return listeners?.length === 0
        ? 'None of its processes listens on a port.'
        : listeners && `It listens on ${listeners.join(' and ')}.`
    }
    const [port] = Object.values(ports)
    const problem = port === undefined ? undefined : await unit.portProblem?.(port, signal)
    return problem && `${problem[0]?.toUpperCase()}${problem.slice(1)}.`
  } catch {
    return undefined
  }
}
