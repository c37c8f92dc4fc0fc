import { MoorageError, type ContainerUnit, type ErrorDetails } from '@moorage/core/provider'
import type { ApiResponse } from '../api/types.ts'
import { credentialsRejected, refusalMessage, toProviderError } from '../errors.ts'
import { explainRefusal } from '../api/explain-refusal.ts'
import type { PodRef } from './pod-ref.ts'
import { settingsBehindPolicy } from './policy-violations.ts'

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
 * PROVIDER_UNAVAILABLE for rejected credentials (401). With `unit`, the error names the settings that a policy refuses.
 */
export function toAdmissionError(ref: PodRef, response: ApiResponse, unit?: ContainerUnit): MoorageError {
  const { service, configPath = `services.${service}`, namespace, image } = ref
  const message = refusalMessage(response)
  const details: ErrorDetails = { service, provider: 'kubernetes', phase: 'admit', cause: response.status }
  if (response.status === 401) return credentialsRejected(details)
  const explanation = explainRefusal(message, { subject: 'its pod', namespace, image })
  const refused = explanation ? settingsBehindPolicy(message, unit) : []
  if (explanation && refused.length)
    return new MoorageError('START_FAILED', `${configPath}.${refused[0]}: ${explanation.text}.`, {
      ...details,
      hint:
        `Remove ${refused.join(' and ')} from the service, or use a namespace whose policy allows it. ` +
        (explanation.showRule ?? explanation.hint),
    })
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
