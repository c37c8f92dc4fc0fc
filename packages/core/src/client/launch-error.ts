import { MoorageError } from '../contract/errors.ts'
import { readSupervisorLogTail } from './supervisor-log-tail.ts'

const QUOTED_LOG_LINES = 10

/** The error (SUPERVISOR_FAILED) of a supervisor that does not start, with the last lines of its log. */
export function launchError(log: string, reason: string): MoorageError {
  return new MoorageError('SUPERVISOR_FAILED', `The supervisor could not be started: ${reason.replace(/\.$/, '')}.`, {
    logs: readSupervisorLogTail(log).slice(-QUOTED_LOG_LINES),
    hint: `Its log is ${log}.`,
  })
}
