import { messageOf, MoorageError, type ErrorDetails } from '@moorage/core/provider'
import type { ApiRequest, ApiResponse, Status } from './api/types.ts'
import { explainRefusal, type Explanation } from './api/explain-refusal.ts'

/** The API server's reason for a refusal, without a full stop. */
export function refusalMessage({ status, body }: ApiResponse): string {
  const { message, reason } = (body ?? {}) as Status
  return (message || reason || `status ${status}`).replace(/\.$/, '')
}

/**
 * The error for a refusal: PROVIDER_UNAVAILABLE for status 401, START_FAILED for a refusal by an admission plugin,
 * PROVIDER_LOST for 5xx, START_FAILED otherwise. Its cause is the status.
 */
export function toProviderError(
  { method, path }: Pick<ApiRequest, 'method' | 'path'>,
  response: ApiResponse,
  details: ErrorDetails = {},
): MoorageError {
  if (response.status === 401) return credentialsRejected(details)
  const explanation = method === 'POST' && explainObjectRefusal(path, refusalMessage(response))
  if (explanation)
    return new MoorageError('START_FAILED', `Provider kubernetes: ${explanation.text}.`, {
      provider: 'kubernetes',
      cause: response.status,
      hint: explanation.hint,
      ...details,
    })
  const code = response.status >= 500 ? 'PROVIDER_LOST' : 'START_FAILED'
  return new MoorageError(
    code,
    `The Kubernetes API refused ${method} ${path.split('?')[0]}: ${refusalMessage(response)}.`,
    { provider: 'kubernetes', cause: response.status, ...details },
  )
}

const OBJECT_NAMES: { readonly [collection: string]: string } = {
  namespaces: 'the namespace of the run',
  jobs: 'the Job that ends the run',
  leases: 'the Lease of the run',
  services: 'the Service of the run',
  secrets: 'a Secret of the run',
  serviceaccounts: 'the service account of the run',
}

function explainObjectRefusal(path: string, message: string): Explanation | undefined {
  const [, namespace = '', collection = ''] = /\/namespaces\/([^/]+)\/([^/?]+)$/.exec(path) ?? ['', '', 'namespaces']
  const subject = OBJECT_NAMES[collection]
  return subject === undefined ? undefined : explainRefusal(message, { subject, namespace })
}

/** PROVIDER_LOST: the API server did not answer in time. */
export function connectionLost(server: string, cause: unknown): MoorageError {
  return new MoorageError(
    'PROVIDER_LOST',
    `The Kubernetes API at ${server} does not answer: ${(cause as NodeJS.ErrnoException).code ?? messageOf(cause)}.`,
    { provider: 'kubernetes', hint: 'Check it with: kubectl cluster-info', cause },
  )
}

/** PROVIDER_UNAVAILABLE: status 401. */
export function credentialsRejected(details: ErrorDetails = {}): MoorageError {
  return new MoorageError(
    'PROVIDER_UNAVAILABLE',
    'The Kubernetes API does not accept the credentials: they have expired, or belong to another cluster.',
    { provider: 'kubernetes', hint: 'Log in again, then check with: kubectl auth whoami', ...details },
  )
}

/**
 * The body of a successful answer.
 *
 * Throws the error of {@link toProviderError} for any status but 2xx.
 */
export function expectBody<T>(request: Pick<ApiRequest, 'method' | 'path'>, response: ApiResponse): T {
  if (response.status >= 200 && response.status < 300) return response.body as T
  throw toProviderError(request, response)
}
