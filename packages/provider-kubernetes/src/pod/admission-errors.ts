import { MoorageError, type ErrorDetails } from '@moorage/core/provider'
import { apiError, expired, saidBy } from '../errors.ts'
import type { Answer } from '../api/client.ts'
import type { Subject } from './diagnosis.ts'

/** Passes when somebody else's pods go. */
export function overQuota(answer: Answer): string | undefined {
  const said = saidBy(answer)
  return answer.status === 403 && /exceeded quota/.test(said)
    ? said.replace(/^.*exceeded quota/, 'exceeded quota')
    : undefined
}

/** Why the API server does not take a pod, with the fix. */
export function refusalOf(subject: Subject, answer: Answer): MoorageError {
  const { service, at = `services.${service}`, namespace, image } = subject
  const said = saidBy(answer)
  const details: ErrorDetails = { service, provider: 'kubernetes', phase: 'admit', cause: answer.status }
  if (answer.status === 401) return expired(details)
  const policy = said.match(/violates PodSecurity "([^"]+)": (.*)$/s)
  if (policy) {
    return new MoorageError(
      'START_FAILED',
      `${at}: namespace ${namespace} refuses its pod: policy ${policy[1]}: ${policy[2]}.`,
      {
        ...details,
        hint: `Give it a numeric user that is not root, as in user: '1000:1000', if ${image} can run so. The policy is a label: kubectl get namespace ${namespace} --show-labels`,
      },
    )
  }
  const webhook = said.match(/admission webhook "([^"]+)" denied the request: (.*)$/s)
  if (webhook) {
    return new MoorageError(
      'START_FAILED',
      `${at}: the admission webhook ${webhook[1]} refuses its pod: ${webhook[2]}.`,
      { ...details, hint: `Its rules are your cluster's own: kubectl get validatingwebhookconfigurations` },
    )
  }
  const broken = said.match(/failed calling webhook "([^"]+)": (.*)$/s)
  if (broken) {
    return new MoorageError(
      'START_FAILED',
      `${at}: the admission webhook ${broken[1]} cannot be asked about its pod: ${broken[2]}.`,
      {
        ...details,
        hint: 'Without it the cluster takes no pod: kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations',
      },
    )
  }
  const must = said.match(/failed quota: ([^:]+): must specify (.*)$/s)
  if (must) {
    return new MoorageError(
      'START_FAILED',
      `${at}: the quota ${must[1]} of namespace ${namespace} wants pods to say ${must[2]}.`,
      {
        ...details,
        hint: `Say so for all of them: kubernetes({ resources: { limits: { memory: '512Mi' } } }). The quota: kubectl describe quota ${must[1]} -n ${namespace}`,
      },
    )
  }
  if (/is forbidden: (minimum|maximum)/.test(said)) {
    return new MoorageError(
      'START_FAILED',
      `${at}: a limit range of namespace ${namespace} refuses its pod: ${said}.`,
      { ...details, hint: `Set kubernetes({ resources }). The range: kubectl describe limitrange -n ${namespace}` },
    )
  }
  if (/being terminated/.test(said))
    return new MoorageError('START_FAILED', `${at}: namespace ${namespace} is being deleted.`, {
      ...details,
      hint: `Use another one, or wait: kubectl get namespace ${namespace} --watch`,
    })
  if (answer.status === 422)
    return new MoorageError('CONFIG_INVALID', `${at}: the cluster finds its pod invalid: ${said}.`, {
      ...details,
      hint: 'Correct the option that it names.',
    })
  return apiError({ method: 'POST', path: `/api/v1/namespaces/${namespace}/pods` }, answer, details)
}
