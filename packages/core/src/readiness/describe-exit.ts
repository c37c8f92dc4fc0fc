import type { Exit } from '../contract/running-unit.ts'

/** Describes how a service ended, as the predicate of a sentence: `ended with exit code 1`. */
export function describeExit({ reason, code, signal, detail }: Exit): string {
  const description = signal
    ? `was killed by ${signal}`
    : code !== undefined
      ? `ended with exit code ${code}`
      : reason === 'exited'
        ? 'ended'
        : `was ${reason}`
  return detail ? `${description} (${detail})` : description
}
