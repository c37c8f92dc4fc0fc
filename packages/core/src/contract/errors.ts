import type { Phase } from './service.ts'

/** Every error code with its meaning. Codes are stable: they do not change within a major version. */
export const ERROR_CODES = {
  CONFIG_INVALID: 'The config, an option or a reference is wrong.',
  CONFIG_NOT_FOUND: 'The project has no config file.',
  PROVIDER_UNAVAILABLE: 'No provider can be used: no engine answers, or the SDK of a provider is missing.',
  PROVIDER_LOST: 'The engine stopped answering while services were running.',
  FORWARD_FAILED: 'The connection from this machine to a service was interrupted or rejected.',
  FORWARD_REFUSED: 'The connection to a service was forwarded, but nothing listens on its port.',
  OPTION_UNSUPPORTED: 'The chosen provider does not support an option.',
  IMAGE_NOT_FOUND: 'The image of a service does not exist, or this machine may not pull it.',
  BUILD_FAILED: 'The image of a service could not be built, or could not be brought to where the service runs.',
  PROGRAM_NOT_FOUND: 'The process provider did not find a program that a service needs.',
  PORT_IN_USE: 'Another process uses the port that the config asks for.',
  SERVICE_EXITED: 'A service ended, before or after it was ready.',
  DEADLINE: 'An operation took longer than its deadline.',
  START_FAILED: 'A service could not start, for a reason that no other code names.',
  SEED_FAILED: 'The seed of a service failed.',
  ISOLATION_FAILED: 'The isolated database of a test worker, file or test could not be created.',
  SUPERVISOR_FAILED: 'The supervisor process could not start, or it died.',
  ABORTED: 'The caller or a signal aborted the operation.',
  INIT_FAILED: 'moorage init could not write the files of a project.',
  USAGE: 'A command line, an environment variable or a call is wrong.',
  RUNTIME_UNSUPPORTED: 'The version of Node.js or the platform is not supported.',
} as const

/** One of the keys of `ERROR_CODES`. */
export type ErrorCode = keyof typeof ERROR_CODES

/** The facts that an error carries besides its message. */
export interface ErrorDetails {
  /** The key of the service at fault. */
  readonly service?: string
  /** The name of the provider that was used. */
  readonly provider?: string
  /** The phase in which the start failed. */
  readonly phase?: Phase
  /** What to do next, in one or more lines; part of the message. */
  readonly hint?: string
  /** The last log lines of the service at fault; part of the message. */
  readonly logs?: readonly string[]
  readonly cause?: unknown
}

// Symbol.for: two copies of moorage in one process recognise each other's errors.
const MESSAGE_WITHOUT_HINT = Symbol.for('moorage.error')

// Not a field of the error: test runners print every field, and the message contains the details already.
const detailsOf = new WeakMap<MoorageError, ErrorDetails>()

/** The only error class of moorage. The message says what happened, where, and what to do next. */
export class MoorageError extends Error {
  override readonly name = 'MoorageError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    const { hint, logs } = details
    const tail = logs?.length
      ? `\nLast log lines:\n${logs.map((line) => `  ${escapeWorkflowCommands(line)}`).join('\n')}`
      : ''
    super(`${message}${hint ? `\n${hint}` : ''}${tail}`, details.cause === undefined ? {} : { cause: details.cause })
    this.code = code
    detailsOf.set(this, details)
    Object.defineProperty(this, MESSAGE_WITHOUT_HINT, { value: message })
  }

  get details(): ErrorDetails {
    return detailsOf.get(this) ?? {}
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

  /** What test runners print of an error of a test, besides its stack: the message contains the details already. */
  toJSON(): { readonly name: string; readonly code: ErrorCode; readonly message: string } {
    const { name, code, message } = this
    return { name, code, message }
  }
}

/**
 * Makes a line of a service's output safe to print in GitHub Actions, whose runner executes `::` at the start of a
 * line and `##[` anywhere as workflow commands.
 */
export function escapeWorkflowCommands(line: string): string {
  return line.replace(/^(\s*):(?=:)/, '$1: ').replaceAll('##[', '## [')
}

/** Also true for an error of another realm, or of another copy of moorage in the same process. */
export function isMoorageError(value: unknown): value is MoorageError {
  return typeof value === 'object' && value !== null && MESSAGE_WITHOUT_HINT in value
}

/** Returns the error with these details added. Details that it has already win; `code` counts only for other errors. */
export function withDetails(error: unknown, code: ErrorCode, details: ErrorDetails): MoorageError {
  if (isMoorageError(error))
    return new MoorageError(error.code, messageWithoutHint(error), { ...details, ...error.details })
  const prefix = details.service ? `services.${details.service}: ` : ''
  return new MoorageError(code, `${prefix}${messageOf(error)}`, { ...details, cause: error })
}

/** Returns the error with one more line in its hint, and with its stack. */
export function withHintLine(error: MoorageError, line: string): MoorageError {
  const hint = error.hint === undefined ? line : `${error.hint}\n${line}`
  return Object.assign(new MoorageError(error.code, messageWithoutHint(error), { ...error.details, hint }), {
    stack: error.stack,
  })
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The message as it was given to the constructor, without the hint and the log lines. */
export function messageWithoutHint(error: MoorageError): string {
  return (error as unknown as { readonly [MESSAGE_WITHOUT_HINT]: string })[MESSAGE_WITHOUT_HINT]
}
