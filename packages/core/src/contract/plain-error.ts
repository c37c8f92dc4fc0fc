import { isMoorageError, messageWithoutHint, MoorageError, withDetails, type ErrorCode } from './errors.ts'
import type { ErrorDetails } from './errors.ts'

/** An error as plain data, as it crosses a process boundary. */
export interface PlainError {
  readonly code: ErrorCode
  /** Without the hint and the log lines. */
  readonly message: string
  readonly details: ErrorDetails
}

/** Turns an error and its chain of causes into plain data. */
export function toPlain(error: unknown): PlainError {
  const known = isMoorageError(error) ? error : withDetails(error, 'START_FAILED', {})
  const { cause, ...details } = known.details
  return {
    code: known.code,
    message: messageWithoutHint(known),
    details: cause === undefined ? details : { ...details, cause: plainCause(cause) },
  }
}

/** Turns the result of `toPlain` back into an error. */
export function fromPlain({ code, message, details }: PlainError): MoorageError {
  const error = new MoorageError(
    code,
    message,
    'cause' in details ? { ...details, cause: reviveCause(details.cause) } : details,
  )
  // The frames of this process only show how the error was received; the message and the cause show its origin.
  error.stack = `${error.name}: ${error.message}`
  return error
}

/** Returns the error with `redact` applied to all of its texts. */
export function redacted(error: MoorageError, redact: (text: string) => string): MoorageError {
  return fromPlain(mapTexts(toPlain(error), redact) as PlainError)
}

/** Applies `map` to every text of plain data, but not to its keys. */
function mapTexts(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === 'string') return map(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, map))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, map)]))
}

interface PlainCause {
  readonly name?: string
  readonly message?: string
  readonly stack?: string
  readonly cause?: unknown
}

function plainCause(cause: unknown): unknown {
  if (!(cause instanceof Error)) return String(cause)
  const { name, message, stack } = cause
  return { name, message, stack, ...(cause.cause === undefined ? {} : { cause: plainCause(cause.cause) }) }
}

function reviveCause(cause: unknown): unknown {
  const { name, message, stack, cause: inner } = (cause ?? {}) as PlainCause
  if (message === undefined) return cause
  const error = new globalThis.Error(message, inner === undefined ? {} : { cause: reviveCause(inner) })
  return Object.assign(error, { name, stack })
}
