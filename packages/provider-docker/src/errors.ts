import { messageOf, MoorageError, type ErrorDetails } from '@moorage/core'

interface Failed {
  readonly statusCode?: number
  readonly code?: string
  readonly syscall?: string
}

/** The connection failed: no answer of the engine's, and no file of this machine's. */
export function isAway({ statusCode, code = '', syscall }: Failed): boolean {
  return statusCode === undefined && (syscall === 'connect' || /^(ECONN[A-Z]+|EPIPE|ETIMEDOUT)$/.test(code))
}

/** PROVIDER_LOST where the connection failed; any other error stays as it is. */
export function lostOr(error: unknown, host: string, details: ErrorDetails = {}): unknown {
  if (!isAway(error as object)) return error
  const { code } = error as { readonly code?: string }
  const where = details.service === undefined ? '' : `services.${details.service}: `
  return new MoorageError('PROVIDER_LOST', `${where}the engine at ${host} does not answer (${code}).`, {
    ...details,
    provider: 'docker',
    cause: error,
  })
}

/** What the engine answered. */
export function saidBy(error: unknown): string {
  return ((error as { json?: { message?: string } }).json?.message ?? messageOf(error)).trim()
}

/** An engine that is away is told of once, by the session, which removes everything again. */
export function leaveToSession(error: Failed): void {
  if (!isAway(error)) throw error
}
