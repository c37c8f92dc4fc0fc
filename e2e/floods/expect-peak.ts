import { expect } from 'vitest'

// MiB of resident memory. A supervisor without services has some 70; the buffer of one service holds 64 Mi characters,
// and V8 lets garbage of several times that size stand.
const MAX_MEMORY_MIB = 700

/** Prints the highest memory of a supervisor, in MiB, and checks its bound. */
export function expectPeak(peak: number): void {
  process.stdout.write(`peak ${peak} MiB: ${expect.getState().currentTestName}\n`)
  expect(peak).toBeGreaterThan(0)
  expect(peak).toBeLessThan(MAX_MEMORY_MIB)
}
