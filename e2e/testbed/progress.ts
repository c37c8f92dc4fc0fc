/** One line when a step begins to take long, one when it is done; quick steps stay silent. */
export async function step<T>(title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now()
  const seconds = (): string => ((performance.now() - start) / 1000).toFixed(1)
  const announce = setTimeout(() => say(`${title} ...`), 2000)
  const reminder = setInterval(() => say(`${title} ... ${seconds()} s`), 30_000)
  try {
    const result = await work()
    if (performance.now() - start > 200) say(`${title}: ${seconds()} s`)
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
