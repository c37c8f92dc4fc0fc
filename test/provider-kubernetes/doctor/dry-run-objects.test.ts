import type { CheckResult, UnitSpec } from '@moorage/core'
import { expect, test } from 'vitest'
import type { PolicyDecision } from '../../../packages/provider-kubernetes/src/cluster/decide-namespace.ts'
import { checkPodSecurity } from '../../../packages/provider-kubernetes/src/doctor/check-pod-security.ts'
import { dryRunObjects } from '../../../packages/provider-kubernetes/src/doctor/dry-run-objects.ts'
import type { ExaminedCluster } from '../../../packages/provider-kubernetes/src/doctor/examined-cluster.ts'
import { startApiStub, type ReceivedCall } from '../api-stub.ts'

const signal = new AbortController().signal
const db: UnitSpec = {
  name: 'db',
  ports: { main: 1 },
  env: { PASSWORD: '***' },
  sensitive: ['PASSWORD'],
  container: { image: 'postgres:17' },
}

type Answer = (call: ReceivedCall) => { readonly status: number; readonly body: object }
const admit: Answer = () => ({ status: 201, body: {} })
const refusePods =
  (message: string, status = 403): Answer =>
  ({ path }) =>
    path.includes('/pods?') ? { status, body: { kind: 'Status', message } } : { status: 201, body: {} }

const shared: PolicyDecision = {
  policy: { mode: 'shared', namespace: 'ci', liveness: 'lease' },
  checkedNamespace: 'ci',
  missing: [],
}
const perRun: PolicyDecision = {
  policy: { mode: 'create', namespace: 'ci', liveness: 'job' },
  checkedNamespace: 'default',
  missing: [],
}

async function ask(
  check: (cluster: ExaminedCluster, context: { units: readonly UnitSpec[]; signal: AbortSignal }) => Promise<unknown>,
  decision: PolicyDecision,
  answer: Answer,
): Promise<{ readonly results: readonly CheckResult[]; readonly calls: readonly ReceivedCall[] }> {
  await using stub = await startApiStub(answer)
  const cluster: ExaminedCluster = { client: stub.client, options: {}, env: {}, user: 'me', decision }
  return { results: (await check(cluster, { units: [db], signal })) as readonly CheckResult[], calls: stub.calls }
}

test.each<[decision: PolicyDecision, paths: readonly string[]]>([
  [
    shared,
    [
      '/api/v1/namespaces/ci/pods?dryRun=All',
      '/api/v1/namespaces/ci/secrets?dryRun=All',
      '/api/v1/namespaces/ci/services?dryRun=All',
      '/apis/coordination.k8s.io/v1/namespaces/ci/leases?dryRun=All',
    ],
  ],
  [
    perRun,
    [
      '/api/v1/namespaces/default/pods?dryRun=All',
      '/api/v1/namespaces/default/secrets?dryRun=All',
      '/api/v1/namespaces/default/services?dryRun=All',
      '/api/v1/namespaces?dryRun=All',
      '/apis/batch/v1/namespaces/default/jobs?dryRun=All',
    ],
  ],
])('every object is sent as a dry run, and nothing else is asked: %#', async (decision, paths) => {
  const { calls } = await ask(dryRunObjects, decision, admit)
  expect(calls.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(paths.map((path) => `POST ${path}`))
  const { calls: asked } = await ask(checkPodSecurity, decision, admit)
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `POST /api/v1/namespaces/${decision.checkedNamespace}/pods?dryRun=All`,
  ])
})

test('no object is sent where permissions are missing: those come first', async () => {
  const missing = [{ verb: 'create', group: '', resource: 'pods' }]
  const { results, calls } = await ask(dryRunObjects, { ...shared, missing }, admit)
  expect({ results, calls }).toEqual({ results: [], calls: [] })
})

test.each<[what: string, answer: Answer, result: CheckResult]>([
  [
    'a policy',
    refusePods(
      'pods "db" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod must set it)',
    ),
    {
      status: 'problem',
      text: 'services.db: namespace ci refuses its pod under the pod security policy restricted:latest: runAsNonRoot != true (pod must set it)',
      fix: "Set a numeric user other than root, for example user: '1000:1000', if postgres:17 supports it. The policy is a label of the namespace: kubectl get namespace ci --show-labels",
    },
  ],
  [
    'a quota that other pods use up at present',
    refusePods('pods "db" is forbidden: exceeded quota: q, requested: pods=1, used: pods=5, limited: pods=5'),
    {
      status: 'warning',
      text: 'services.db: quota q of namespace ci has no room for its pod: requested: pods=1, used: pods=5, limited: pods=5',
      fix: 'Wait until other runs end, or ask for a higher quota. Show it with: kubectl describe quota q -n ci',
    },
  ],
  [
    'a webhook that takes no dry run',
    refusePods('admission webhook "policy.example" does not support dry run', 400),
    {
      status: 'warning',
      text: 'the cluster cannot tell whether it admits the objects of a run: admission webhook "policy.example" does not support dry run',
      fix: 'Start a run to find out; the webhook belongs to your cluster.',
    },
  ],
  [
    'a refusal that moorage does not know',
    refusePods('it is not to be', 400),
    {
      status: 'problem',
      text: 'The Kubernetes API refused POST /api/v1/namespaces/ci/pods: it is not to be',
      fix: 'The API server says why: ask the administrator of the cluster.',
    },
  ],
])('a pod that is refused by %s', async (_what, answer, result) => {
  const { results } = await ask(dryRunObjects, shared, answer)
  expect(results).toEqual([
    { status: 'ok', text: 'namespace ci admits what a run creates beside its pods: Service, Secret, Lease' },
    result,
  ])
})

test.each<[answer: Answer, results: readonly CheckResult[]]>([
  [admit, [{ status: 'ok', text: 'namespace ci enforces no Pod Security level (privileged)' }]],
  [
    refusePods('pods "moorage-doctor" is forbidden: violates PodSecurity "baseline:v1.30": host namespaces'),
    [{ status: 'ok', text: 'namespace ci enforces Pod Security level baseline' }],
  ],
  [refusePods('pods is forbidden: User "me" cannot create resource "pods"'), []],
])('the Pod Security level: %#', async (answer, expected) => {
  expect((await ask(checkPodSecurity, shared, answer)).results).toEqual(expected)
})
