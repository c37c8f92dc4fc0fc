import { MoorageError, type ErrorDetails } from '@moorage/core/provider'
import type { ApiResponse } from '../api/types.ts'
import { credentialsRejected, refusalMessage, toProviderError } from '../errors.ts'
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
  const startFailed = (text: string, hint: string): MoorageError =>
    new MoorageError('START_FAILED', `${configPath}: ${text}.`, { ...details, hint })

  const policy = message.match(/violates PodSecurity "([^"]+)": (.*)$/s)
  if (policy)
    return startFailed(
      `namespace ${namespace} refuses its pod under the pod security policy ${policy[1]}: ${policy[2]}`,
      `Set a numeric user other than root, for example user: '1000:1000', if ${image} supports it. The policy is a label of the namespace: kubectl get namespace ${namespace} --show-labels`,
    )
  const denied = message.match(/admission webhook "([^"]+)" denied the request: (.*)$/s)
  if (denied)
    return startFailed(
      `the admission webhook ${denied[1]} refuses its pod: ${denied[2]}`,
      'The rule belongs to your cluster. List the webhooks with: kubectl get validatingwebhookconfigurations',
    )
  const unreachable = message.match(/failed calling webhook "([^"]+)": (.*)$/s)
  if (unreachable)
    return startFailed(
      `the cluster cannot reach the admission webhook ${unreachable[1]} for its pod: ${unreachable[2]}`,
      'The cluster accepts no pod without it. List the webhooks with: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations',
    )
  const quota = message.match(/failed quota: ([^:]+): must specify (.*)$/s)
  if (quota)
    return startFailed(
      `quota ${quota[1]} of namespace ${namespace} requires every pod to set ${quota[2]}`,
      `Set them for all services: kubernetes({ resources: { limits: { memory: '512Mi' } } }). Show the quota with: kubectl describe quota ${quota[1]} -n ${namespace}`,
    )
  if (/is forbidden: (minimum|maximum)/.test(message))
    return startFailed(
      `a limit range of namespace ${namespace} refuses its pod: ${message}`,
      `Set kubernetes({ resources }). Show the limit range with: kubectl describe limitrange -n ${namespace}`,
    )
  if (/being terminated/.test(message))
    return startFailed(
      `namespace ${namespace} is being deleted`,
      `Use another namespace, or wait until this one is deleted: kubectl get namespace ${namespace} --watch`,
    )
  if (response.status === 422)
    return new MoorageError('CONFIG_INVALID', `${configPath}: the cluster rejects its pod as invalid: ${message}.`, {
      ...details,
      hint: 'Correct the option that the message names.',
    })
  return toProviderError({ method: 'POST', path: `/api/v1/namespaces/${namespace}/pods` }, response, details)
}
