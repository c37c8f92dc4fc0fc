import type { Phase } from './service.ts'

export type ErrorCode =
  | 'CONFIG_INVALID' // the config, an option or a reference is wrong
  | 'CONFIG_NOT_FOUND'
  | 'PROVIDER_UNAVAILABLE' // no engine answers, or its SDK is missing
  | 'PROVIDER_LOST' // the engine stopped answering in mid-run
  | 'FORWARD_FAILED' // the way from this machine to a service broke off, or was refused
  | 'FORWARD_REFUSED' // nobody listens behind it
  | 'OPTION_UNSUPPORTED' // the chosen provider cannot honour an option
  | 'IMAGE_NOT_FOUND'
  | 'PROGRAM_NOT_FOUND' // the process provider misses a program
  | 'PORT_IN_USE'
  | 'SERVICE_EXITED' // the service ended before or after it was ready
  | 'DEADLINE' // a phase took longer than its deadline
  | 'START_FAILED' // anything else that kept a service from starting
  | 'SEED_FAILED'
  | 'ISOLATION_FAILED' // a database of a test's own could not be made
  | 'SUPERVISOR_FAILED' // the supervisor could not start, or died
  | 'ABORTED'
  | 'USAGE' // the command line is wrong
  | 'RUNTIME_UNSUPPORTED' // Node or the platform is too old

export interface ErrorDetails {
  readonly service?: string
  readonly provider?: string
  readonly phase?: Phase
  /** What to do next, one or more lines; appended to the message. */
  readonly hint?: string
  /** The last log lines of the service at fault. */
  readonly logs?: readonly string[]
  readonly cause?: unknown
}

export interface PlainError {
  readonly code: ErrorCode
  readonly message: string
  readonly details: ErrorDetails
}

const MARK = Symbol.for('moorage.error')

/** The one error of moorage: `code` is stable, the message says what happened, where, and what to do next. */
export class MoorageError extends Error {
  override readonly name = 'MoorageError'
  readonly code: ErrorCode
  readonly details: ErrorDetails

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const { hint, logs } = details
    const tail = logs?.length
      ? `\nLast log lines:\n${logs.map((line) => `  ${escapeWorkflowCommands(line)}`).join('\n')}`
      : ''
    super(`${message}${hint ? `\n${hint}` : ''}${tail}`, details.cause === undefined ? {} : { cause: details.cause })
    this.code = code
    this.details = details
    // Runners print every enumerable field: the message has said it all.
    Object.defineProperty(this, 'details', { enumerable: false })
    Object.defineProperty(this, MARK, { value: message })
  }

  get service(): string | undefined {
    return this.details.service
  }

  get provider(): string | undefined {
    return this.details.provider
  }

  get phase(): Phase | undefined {
    return this.details.phase
  }

  get hint(): string | undefined {
    return this.details.hint
  }
}

/** What a service has said, as it can be printed anywhere: GitHub's runner reads `::` at a line's beginning, and `##[` anywhere, as commands. */
export function escapeWorkflowCommands(line: string): string {
  return line.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '## [')
}

/** True across realms and for two copies of moorage in one tree. */
export function isMoorageError(value: unknown): value is MoorageError {
  return typeof value === 'object' && value !== null && MARK in value
}

/** The same error with more said; what it knew already stays. */
export function withDetails(error: unknown, code: ErrorCode, details: ErrorDetails): MoorageError {
  if (!isMoorageError(error)) {
    return new MoorageError(code, `${servicePrefix(details)}${messageOf(error)}`, { ...details, cause: error })
  }
  const bare = (error as unknown as { [MARK]: string })[MARK]
  return new MoorageError(error.code, bare, { ...details, ...error.details })
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** For the wire: an error and its chain of causes as plain data. */
export function toPlain(error: unknown): PlainError {
  const known = isMoorageError(error) ? error : withDetails(error, 'START_FAILED', {})
  const { cause, ...details } = known.details
  const bare = (known as unknown as { [MARK]: string })[MARK]
  return {
    code: known.code,
    message: bare,
    details: cause === undefined ? details : { ...details, cause: plainCause(cause) },
  }
}

export function fromPlain({ code, message, details }: PlainError): MoorageError {
  const error = new MoorageError(
    code,
    message,
    'cause' in details ? { ...details, cause: revive(details.cause) } : details,
  )
  // Frames of the wire would say nothing; what went wrong elsewhere is in the message and the cause.
  error.stack = `${error.name}: ${error.message}`
  return error
}

function revive(cause: unknown): unknown {
  const {
    name,
    message,
    stack,
    cause: deeper,
  } = (cause ?? {}) as { name?: string; message?: string; stack?: string; cause?: unknown }
  if (message === undefined) return cause

  const error = new globalThis.Error(message, deeper === undefined ? {} : { cause: revive(deeper) })
  return Object.assign(error, { name, stack })
}

/** The same error with secrets struck out of everything that it says. */
export function redacted(error: MoorageError, strike: (text: string) => string): MoorageError {
  return fromPlain(JSON.parse(strike(JSON.stringify(toPlain(error)))) as PlainError)
}

function plainCause(cause: unknown): unknown {
  if (!(cause instanceof Error)) return String(cause)
  const { name, message, stack } = cause
  return { name, message, stack, ...(cause.cause === undefined ? {} : { cause: plainCause(cause.cause) }) }
}

function servicePrefix({ service }: ErrorDetails): string {
  return service ? `services.${service}: ` : ''
}
