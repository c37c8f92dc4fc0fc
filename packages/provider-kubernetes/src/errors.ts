import { messageOf, MoorageError, type ErrorDetails } from '@moorage/core/provider'
import type { Status } from './api/types.ts'
import type { Answer, Request } from './api/client.ts'

/** What the API server says of a refusal, as a sentence without its end. */
export function saidBy({ status, body }: Answer): string {
  const { message, reason } = (body ?? {}) as Status
  return (message || reason || `status ${status}`).replace(/\.$/, '')
}

/** An answer that nobody has a better word for. */
export function apiError(
  { method, path }: Pick<Request, 'method' | 'path'>,
  answer: Answer,
  details: ErrorDetails = {},
): MoorageError {
  if (answer.status === 401) return expired(details)
  const code = answer.status >= 500 ? 'PROVIDER_LOST' : 'START_FAILED'
  return new MoorageError(code, `The Kubernetes API refused ${method} ${path.split('?')[0]}: ${saidBy(answer)}.`, {
    provider: 'kubernetes',
    cause: answer.status,
    ...details,
  })
}

export function lost(server: string, cause: unknown): MoorageError {
  return new MoorageError(
    'PROVIDER_LOST',
    `The Kubernetes API at ${server} does not answer: ${(cause as NodeJS.ErrnoException).code ?? messageOf(cause)}.`,
    {
      provider: 'kubernetes',
      hint: 'Check it with: kubectl cluster-info',
      cause,
    },
  )
}

export function expired(details: ErrorDetails = {}): MoorageError {
  return new MoorageError(
    'PROVIDER_UNAVAILABLE',
    'The Kubernetes API does not accept the credentials: they have expired, or belong to another cluster.',
    {
      provider: 'kubernetes',
      hint: 'Log in again, then check with: kubectl auth whoami',
      ...details,
    },
  )
}

/** The body of an answer that has to be good. */
export function bodyOf<T>(request: Pick<Request, 'method' | 'path'>, answer: Answer): T {
  if (answer.status >= 200 && answer.status < 300) return answer.body as T
  throw apiError(request, answer)
}
