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
    'the constraints of OpenShift',
    'pods "db" is forbidden: unable to validate against any security context constraint: [provider "restricted-v2": Forbidden: not usable by user, spec.containers[0].securityContext.runAsUser: Invalid value: 999: must be in the ranges: [1000680000, 1000689999]]',
    'services.db: the security context constraints of OpenShift refuse its pod: [provider "restricted-v2": Forbidden: not usable by user, spec.containers[0].securityContext.runAsUser: Invalid value: 999: must be in the ranges: [1000680000, 1000689999]].\nLet an administrator allow the user of the image: oc adm policy add-scc-to-user nonroot-v2 -z default -n ci. Show the constraints with: oc get scc',
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

test.for<readonly [message: string, settings: object, text: string]>([
  [
    'violates PodSecurity "baseline:latest": host namespaces (hostPID=true), privileged (container "main" must not set securityContext.privileged=true)',
    { privileged: true, pidMode: 'host', readOnlyRoot: true },
    'services.db.privileged: namespace ci refuses its pod under the pod security policy baseline:latest: host namespaces (hostPID=true), privileged (container "main" must not set securityContext.privileged=true).\nRemove privileged and pidMode from the service, or use a namespace whose policy allows it. The policy is a label of the namespace: kubectl get namespace ci --show-labels',
  ],
  [
    'violates PodSecurity "baseline:latest": non-default capabilities (container "main" must not include "NET_ADMIN" in securityContext.capabilities.add)',
    { capabilities: { add: ['NET_ADMIN'] } },
    'services.db.capabilities: namespace ci refuses its pod under the pod security policy baseline:latest: non-default capabilities (container "main" must not include "NET_ADMIN" in securityContext.capabilities.add).\nRemove capabilities from the service, or use a namespace whose policy allows it. The policy is a label of the namespace: kubectl get namespace ci --show-labels',
  ],
  [
    'violates PodSecurity "restricted:latest": forbidden sysctls (net.core.somaxconn), seccompProfile (pod or containers "main" must set securityContext.seccompProfile.type)',
    { sysctls: { a: '1' }, securityOptions: ['seccomp=unconfined'] },
    'services.db.securityOptions: namespace ci refuses its pod under the pod security policy restricted:latest: forbidden sysctls (net.core.somaxconn), seccompProfile (pod or containers "main" must set securityContext.seccompProfile.type).\nRemove securityOptions and sysctls from the service, or use a namespace whose policy allows it. The policy is a label of the namespace: kubectl get namespace ci --show-labels',
  ],
  [
    'admission webhook "psp.corp" denied the request: hostIPC is not allowed',
    { ipcMode: 'host' },
    'services.db.ipcMode: the admission webhook psp.corp refuses its pod: hostIPC is not allowed.\nRemove ipcMode from the service, or use a namespace whose policy allows it. The rule belongs to your cluster. List the webhooks with: kubectl get validatingwebhookconfigurations',
  ],
])('a policy that refuses settings of the service names them: %s', ([message, settings, text]) => {
  const response = { status: 403, body: { message: `pods "db" is forbidden: ${message}` } }
  expect(toAdmissionError(ref, response, { image: 'postgres:17', ...settings }).message).toBe(text)
})
