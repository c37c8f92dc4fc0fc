import { readFileSync } from 'node:fs'
import { MoorageError } from '../contract/errors.ts'

const QUOTED_LOG_LINES = 10

/** The error (SUPERVISOR_FAILED) of a supervisor that does not start, with the last lines of its log. */
export function launchError(log: string, reason: string): MoorageError {
  return new MoorageError('SUPERVISOR_FAILED', `The supervisor could not be started: ${reason.replace(/\.$/, '')}.`, {
    logs: lastLines(log),
    hint: `Its log is ${log}.`,
  })
}

function lastLines(file: string): readonly string[] {
  try {
    const lines = readFileSync(file, 'utf8').split('\n')
    return lines.filter((line) => line.trim()).slice(-QUOTED_LOG_LINES)
  } catch {
    return []
  }
}
