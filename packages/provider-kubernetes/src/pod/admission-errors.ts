import { MoorageError, type ErrorDetails } from '@moorage/core/provider'
import type { ApiResponse } from '../api/types.ts'
import { credentialsRejected, refusalMessage, toProviderError } from '../errors.ts'
import { explainRefusal } from '../api/explain-refusal.ts'
import type { PodRef } from './pod-ref.ts'

/**
 * The API server's message if a quota is exceeded, which passes when other pods end; undefined for any other refusal.
 */
export function quotaExceeded(response: ApiResponse): string | undefined {
  const message = refusalMessage(response)
  return response.status === 403 && /exceeded quota/.test(message)
    ? message.replace(/^.*exceeded quota/, 'exceeded quota')
    : undefined
}

/**
 * Explains why the API server refused a pod: START_FAILED, CONFIG_INVALID for an invalid pod (422), or
 * PROVIDER_UNAVAILABLE for rejected credentials (401).
 */
export function toAdmissionError(ref: PodRef, response: ApiResponse): MoorageError {
  const { service, configPath = `services.${service}`, namespace, image } = ref
  const message = refusalMessage(response)
  const details: ErrorDetails = { service, provider: 'kubernetes', phase: 'admit', cause: response.status }
  if (response.status === 401) return credentialsRejected(details)
  const explanation = explainRefusal(message, { subject: 'its pod', namespace, image })
  if (explanation)
    return new MoorageError('START_FAILED', `${configPath}: ${explanation.text}.`, {
      ...details,
      hint: explanation.hint,
    })
  if (response.status === 422)
    return new MoorageError('CONFIG_INVALID', `${configPath}: the cluster rejects its pod as invalid: ${message}.`, {
      ...details,
      hint: 'Correct the option that the message names.',
    })
  return toProviderError({ method: 'POST', path: `/api/v1/namespaces/${namespace}/pods` }, response, details)
}
