/** Milliseconds. */
export interface Summary {
  readonly median: number
  readonly p95: number
  readonly least: number
  readonly most: number
}

export function summarize(samples: readonly number[]): Summary {
  const sorted = samples.toSorted((a, b) => a - b)
  // Nearest rank: with few samples an interpolated 95th percentile would be a value that was never measured.
  const rank = (share: number): number => round(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN)
  const middle = sorted.length / 2
  const median = sorted.length % 2 ? rank(0.5) : round(((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2)
  return { median, p95: rank(0.95), least: rank(0), most: rank(1) }
}

export function round(value: number): number {
  return Math.round(value * 100) / 100
}
