export interface RetainedRun {
  readonly run: string
  /** Milliseconds. */
  readonly ms: number
  readonly why: string
  /** A command line for each service. */
  readonly inspections: { readonly [service: string]: string }
}

/** What a person needs to know of services that stay. */
export function retentionMessage({ run, ms, why, inspections }: RetainedRun): readonly string[] {
  const width = Math.max(0, ...Object.keys(inspections).map((name) => name.length))
  return [
    `The services of run ${run} stay for ${formatDuration(ms)}, since ${why}. To look:`,
    ...Object.entries(inspections).map(([name, command]) => `  ${name.padEnd(width)}  ${command}`),
    'To remove them earlier: moorage down',
  ]
}

/** `90 s`, `30 min`, `7 h 59 min`: the two largest units. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 120) return `${minutes} min`
  const rest = minutes % 60
  return `${Math.floor(minutes / 60)} h${rest ? ` ${rest} min` : ''}`
}
