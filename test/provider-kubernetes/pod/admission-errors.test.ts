import { expect, test } from 'vitest'
import { toProviderError } from '../../../packages/provider-kubernetes/src/errors.ts'
import { toAdmissionError } from '../../../packages/provider-kubernetes/src/pod/admission-errors.ts'

// Recorded: the messages of API servers 1.29 to 1.34.
const ref = { service: 'db', image: 'postgres:17', pod: 'db', namespace: 'ci' }
const podError = (status: number, message: string): string =>
  toAdmissionError(ref, { status, body: { message } }).message

test.for<readonly [demand: string, resources: string]>([
  ['requests.cpu', "{ requests: { cpu: '100m' } }"],
  ['cpu,memory', "{ requests: { cpu: '100m', memory: '128Mi' } }"],
  ['limits.memory for: main', "{ limits: { memory: '512Mi' } }"],
  [
    'limits.cpu for: main; limits.ephemeral-storage for: main; requests.memory for: main',
    "{ requests: { memory: '128Mi' }, limits: { cpu: '1', 'ephemeral-storage': '1Gi' } }",
  ],
])('a quota that asks for %s gets a hint with it', ([demand, resources]) => {
  expect(podError(403, `pods "db" is forbidden: failed quota: q: must specify ${demand}`)).toBe(
    `services.db: quota q of namespace ci requires every pod to set ${demand}.\nSet them for all services: kubernetes({ resources: ${resources} }). Show the quota with: kubectl describe quota q -n ci`,
  )
})

test.for<readonly [what: string, message: string, text: string]>([
  [
    'a limit range with several bounds',
    'pods "db" is forbidden: [minimum memory usage per Container is 64Mi, but request is 1Mi, maximum cpu usage per Container is 1, but limit is 2]',
    'services.db: a limit range of namespace ci refuses its pod: pods "db" is forbidden: [minimum memory usage per Container is 64Mi, but request is 1Mi, maximum cpu usage per Container is 1, but limit is 2].\nSet kubernetes({ resources }). Show the limit range with: kubectl describe limitrange -n ci',
  ],
  [
    'a limit range with a ratio',
    'pods "db" is forbidden: memory max limit to request ratio per Container is 2, but provided ratio is 4.000000',
    'services.db: a limit range of namespace ci refuses its pod: pods "db" is forbidden: memory max limit to request ratio per Container is 2, but provided ratio is 4.000000.\nSet kubernetes({ resources }). Show the limit range with: kubectl describe limitrange -n ci',
  ],
  [
    'an admission policy, which answers like an invalid pod',
    "pods \"db\" is forbidden: ValidatingAdmissionPolicy 'no-latest' with binding 'all' denied request: tags only",
    'services.db: the admission policy no-latest refuses its pod: tags only.\nThe rule belongs to your cluster. Show it with: kubectl get validatingadmissionpolicy no-latest -o yaml',
  ],
  [
    'a service account that is missing',
    'pods "db" is forbidden: error looking up service account ci/tests: serviceaccount "tests" not found',
    "services.db: namespace ci has no service account 'tests', which kubernetes({ serviceAccount }) names.\nCreate it, or correct the option: kubectl create serviceaccount tests -n ci",
  ],
])('%s', ([_what, message, text]) => {
  expect(podError(422, message)).toBe(text)
})

test.for<readonly [path: string, message: string, text: string]>([
  [
    '/apis/batch/v1/namespaces/ci/jobs',
    'admission webhook "images.corp" denied the request: image none has no tag',
    'Provider kubernetes: the admission webhook images.corp refuses the Job that ends the run: image none has no tag.\nThe rule belongs to your cluster. List the webhooks with: kubectl get validatingwebhookconfigurations',
  ],
  [
    '/api/v1/namespaces/ci/services',
    'services "ci-1" is forbidden: exceeded quota: q, requested: services=1, used: services=5, limited: services=5',
    'Provider kubernetes: quota q of namespace ci has no room for the Service of the run: requested: services=1, used: services=5, limited: services=5.\nWait until other runs end, or ask for a higher quota. Show it with: kubectl describe quota q -n ci',
  ],
  [
    '/api/v1/namespaces/ci/secrets',
    'etcdserver: request is too large',
    'The Kubernetes API refused POST /api/v1/namespaces/ci/secrets: etcdserver: request is too large.',
  ],
])('a refusal of another object says which and why: %s', ([path, message, text]) => {
  expect(toProviderError({ method: 'POST', path }, { status: 403, body: { message } }).message).toBe(text)
})
