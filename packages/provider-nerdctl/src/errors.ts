import { MoorageError, messageOf, type ErrorDetails } from '@moorage/core/provider'
import { fatalMessage, NerdctlFailure, type Nerdctl } from './engine/nerdctl.ts'

/** The text with which nerdctl or containerd refused a call. */
export function refusalMessage(error: unknown): string {
  return error instanceof NerdctlFailure ? fatalMessage(error.stderr) : messageOf(error)
}

/** Turns a containerd that does not answer into `MoorageError` (PROVIDER_LOST); returns any other error unchanged. */
export function toProviderError(error: unknown, { name }: Nerdctl, details: ErrorDetails = {}): unknown {
  if (!isConnectionLost(error)) return error
  const key = details.service === undefined ? '' : `services.${details.service}: `
  return new MoorageError('PROVIDER_LOST', `${key}containerd does not respond to ${name}.`, {
    ...details,
    provider: 'nerdctl',
    cause: error,
  })
}

export function isConnectionLost(error: unknown): boolean {
  return /cannot access containerd socket|connection refused|connection error: desc/i.test(refusalMessage(error))
}

/** For a removal of what is already gone. */
export function ignoreNotFound(error: unknown): void {
  if (!/no such (container|network|object)|not found/i.test(refusalMessage(error))) throw error
}
