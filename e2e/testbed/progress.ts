let begun = 0
let expected = 0

/** So many steps are still to come, as far as can be told before. */
export function expectSteps(count: number): void {
  expected += count
}

/** One line when a step begins to take long, one when it is done; quick steps stay silent. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const seconds = (): string => ((performance.now() - start) / 1000).toFixed(1)
  begun += 1
  const label = expected ? `[${begun}/${Math.max(begun, expected)}] ${title}` : title
  const announce = setTimeout(() => say(`${label} ...`), 2000)
  const reminder = setInterval(() => say(`${label} ... ${seconds()} s`), 30_000)
  try {
    const result = await work()
    if (performance.now() - start > 200) say(`${label}: ${seconds()} s`)
    return result
  } finally {
    clearTimeout(announce)
    clearInterval(reminder)
  }
}

/** Progress goes to standard error, so that `env` alone writes what a shell reads. */
export function say(line: string): void {
  process.stderr.write(`testbed: ${line}\n`)
}
