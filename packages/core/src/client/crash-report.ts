import { MoorageError } from '../contract/errors.ts'
import { readSupervisorLogTail } from './supervisor-log-tail.ts'

const QUOTED_LOG_LINES = 20

// What a supervisor writes when it starts, what it writes when it crashes, and what V8 writes when memory runs out.
const STARTED = /^\S+ \d+ started$/
const CRASHED = /^\S+ \d+ crashed: (.*)$/
const OUT_OF_MEMORY = /^FATAL ERROR: (.*)$/

/** How a supervisor ended that has not said goodbye. */
export interface CrashReport {
  /** The error that ended it. Undefined when its log has none, because it was killed. */
  readonly reason: string | undefined
  /** The last lines of its log, from the crash on. */
  readonly lines: readonly string[]
}

/** Read it before anything is removed: the clean-up removes the log too. */
export function readCrashReport(log: string): CrashReport {
  const all = readSupervisorLogTail(log)
  const lines = all.slice(all.findLastIndex((line) => STARTED.test(line)) + 1)
  const at = lines.findIndex((line) => CRASHED.test(line) || OUT_OF_MEMORY.test(line))
  if (at === -1) return { reason: undefined, lines: lines.slice(-QUOTED_LOG_LINES) }
  const line = lines[at] ?? ''
  return {
    reason: (CRASHED.exec(line) ?? OUT_OF_MEMORY.exec(line))?.[1],
    lines: lines.slice(at).slice(0, QUOTED_LOG_LINES),
  }
}

/** The error of a call that a crash of the supervisor left unanswered. */
export function crashError({ reason, lines }: CrashReport): MoorageError {
  const how = reason === undefined ? 'it was killed' : `it crashed with ${reason.replace(/\.$/, '')}`
  const hint =
    reason === undefined
      ? 'Its log names no error, so another process or the kernel ended it: check whether this machine ran out of memory.'
      : 'This is a bug in moorage or in a package that it uses. Please report it with the lines below.'
  return new MoorageError('SUPERVISOR_FAILED', `The supervisor that runs the services is gone: ${how}.`, {
    hint,
    logs: lines,
  })
}
