/** Growth per run, by least squares; what comes first fills caches and does not count. */
export function slopeOf(samples: readonly number[]): number {
  const ys = samples.slice(Math.min(10, Math.floor(samples.length / 4)))
  const meanX = (ys.length - 1) / 2
  const meanY = ys.reduce((sum, y) => sum + y, 0) / ys.length
  const over = ys.reduce((sum, y, x) => sum + (x - meanX) * (y - meanY), 0)
  const under = ys.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0)
  return under === 0 ? 0 : over / under
}
