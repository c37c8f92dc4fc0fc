import { MoorageError } from '@moorage/core'
import { runVariables, type RunStatus, type UnreachableRun } from '@moorage/core/runner'
import type { Invocation } from './command.ts'
import { exportLines } from './export-lines.ts'

export type OutputFormat = 'json' | 'env'

/** The data format that the options ask for, if any. Throws `MoorageError` (USAGE) if they ask for two. */
export function outputFormat(command: string, { json, env }: Invocation['options']): OutputFormat | undefined {
  if (json && env)
    throw new MoorageError('USAGE', `${command}: --json and --env cannot be combined.`, {
      hint: 'Omit one of them.',
    })
  return json ? 'json' : env ? 'env' : undefined
}

/** Writes a run to stdout: as JSON, or as lines for a shell and for `node --env-file`. */
export function writeRun(format: OutputFormat, status: RunStatus): void {
  if (format === 'env') {
    for (const line of exportLines(runVariables(status, process.env))) process.stdout.write(`${line}\n`)
    return
  }
  writeJson(runToJson(status))
}

export function writeJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** A run as `--json` prints it. */
export function runToJson(status: RunStatus): object {
  const { run, connections: services, healthProblems, users, retention } = status
  return {
    run,
    services,
    healthProblems,
    users,
    ...(retention ? { stays: { because: retention.reason, seconds: Math.round(retention.remainingMs / 1_000) } } : {}),
    env: runVariables(status, process.env),
  }
}

/** A line on stderr, which carries everything but data. */
export function writeNotice(text: string): void {
  process.stderr.write(`moorage: ${text}\n`)
}

/** Reports runs that a command could not inspect. */
export function writeSkippedRuns(skipped: readonly UnreachableRun[]): void {
  for (const { run, root, reason } of skipped) writeNotice(`skipped run ${run} of ${root}: ${reason}`)
}

/** `1 process`, `2 processes`. */
export function processCount(count: number): string {
  return `${count} process${count > 1 ? 'es' : ''}`
}
