import { formatDuration } from '../config/duration.ts'

export interface RetainedRun {
  readonly run: string
  readonly durationMs: number
  /** Completes the sentence "… because". */
  readonly reason: string
  /** A command line for each service. */
  readonly inspections: { readonly [service: string]: string }
}

/** Tells the user which services are kept, how to inspect them, and how to remove them. */
export function retentionMessage({ run, durationMs, reason, inspections }: RetainedRun): readonly string[] {
  const width = Math.max(0, ...Object.keys(inspections).map((name) => name.length))
  return [
    `Keeping the services of run ${run} for ${formatDuration(durationMs)} because ${reason}. Inspect them with:`,
    ...Object.entries(inspections).map(([name, command]) => `  ${name.padEnd(width)}  ${command}`),
    'To remove them earlier: moorage down',
  ]
}
