import { messageOf, MoorageError, type ErrorDetails } from '@moorage/core/provider'

interface CallFailure {
  readonly statusCode?: number
  readonly code?: string
  readonly syscall?: string
  readonly json?: { readonly message?: string }
}

/** Whether an error comes from the connection to the engine, rather than from its answer or from a local file. */
export function isConnectionLost(error: unknown): boolean {
  const { statusCode, code = '', syscall } = error as CallFailure
  return statusCode === undefined && (syscall === 'connect' || /^(ECONN[A-Z]+|EPIPE|ETIMEDOUT)$/.test(code))
}

/** Turns a lost connection into `MoorageError` (PROVIDER_LOST); returns any other error unchanged. */
export function toProviderError(error: unknown, host: string, details: ErrorDetails = {}): unknown {
  if (!isConnectionLost(error)) return error
  const { code } = error as CallFailure
  const key = details.service === undefined ? '' : `services.${details.service}: `
  return new MoorageError('PROVIDER_LOST', `${key}the engine at ${host} does not answer (${code}).`, {
    ...details,
    provider: 'docker',
    cause: error,
  })
}

/** The text of the engine's answer to a call that it refused. */
export function refusalMessage(error: unknown): string {
  return ((error as CallFailure).json?.message ?? messageOf(error)).trim()
}

/** For removals while the session is open: its end removes everything again and reports a lost engine once. */
export function ignoreConnectionLost(error: unknown): void {
  if (!isConnectionLost(error)) throw error
}
