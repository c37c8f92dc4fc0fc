import { formatDuration } from '../config/duration.ts'

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
