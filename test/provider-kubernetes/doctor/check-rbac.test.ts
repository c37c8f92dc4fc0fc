import type { CheckResult } from '@moorage/core'
import { expect, test } from 'vitest'
import type { KubernetesOptions } from '../../../packages/provider-kubernetes/src/options.ts'
import { checkRbac } from '../../../packages/provider-kubernetes/src/doctor/check-rbac.ts'
import { accessManifest, missingRoleManifest } from '../../../packages/provider-kubernetes/src/rbac/access-manifest.ts'
import { startApiStub } from '../api-stub.ts'

interface Attributes {
  readonly verb: string
  readonly resource: string
  readonly subresource?: string
  readonly namespace?: string
}

interface Question {
  readonly user?: string
  readonly mode?: 'create' | 'shared'
  readonly liveness?: 'job' | 'lease'
  readonly options?: KubernetesOptions
}

/** The results for a user who lacks `denied`, such as `delete pods`, and what was asked. */
async function check(
  denied: readonly string[] | 'all',
  { user = 'me', mode = 'shared', liveness = 'job', options = {} }: Question = {},
): Promise<{ readonly results: readonly CheckResult[]; readonly asked: readonly Attributes[] }> {
  const asked: Attributes[] = []
  await using stub = await startApiStub(({ body }) => {
    const { resourceAttributes } = (body as { spec: { resourceAttributes: Attributes } }).spec
    asked.push(resourceAttributes)
    const { verb, resource, subresource } = resourceAttributes
    const name = `${verb} ${resource}${subresource ? `/${subresource}` : ''}`
    return { status: 201, body: { status: { allowed: denied !== 'all' && !denied.includes(name) } } }
  })
  const namespace = mode === 'create' ? 'default' : 'ci'
  const decision = { policy: { mode, namespace, liveness }, checkedNamespace: namespace, missing: [] }
  const cluster = { client: stub.client, options, env: {}, user, decision }
  return { results: await checkRbac(cluster, { signal: new AbortController().signal }), asked }
}

test('nothing is missing', async () => {
  const { results, asked } = await check([])
  expect(results).toEqual([{ status: 'ok', text: 'me has the 19 permissions of mode shared in namespace ci' }])
  expect(asked).toHaveLength(19)
  expect((await check([], { liveness: 'lease' })).results[0]?.text).toBe(
    'me has the 20 permissions of mode lease in namespace ci',
  )
})

test('namespaces are asked about everywhere, all else in a namespace', async () => {
  const { asked } = await check([], { mode: 'create' })
  expect(asked.filter(({ resource }) => resource === 'namespaces').map(({ namespace }) => namespace)).toEqual(
    Array.from({ length: 4 }, () => undefined),
  )
  expect(new Set(asked.flatMap(({ namespace }) => namespace ?? []))).toEqual(new Set(['default']))
})

test('only what some services need is missing: a run can start', async () => {
  const { results } = await check(['create endpointslices', 'watch events'])
  expect(results).toEqual([
    {
      status: 'warning',
      text: 'me may not create endpointslices.discovery.k8s.io in namespace ci: aliases, hostName and aliases in networks are refused',
      fix: 'Add this rule: { apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [create] }',
    },
    {
      status: 'warning',
      text: 'me may not watch events in namespace ci: messages about a pod that does not start rely on its status alone',
      fix: "Add this rule: { apiGroups: [''], resources: [events], verbs: [watch] }",
    },
    {
      status: 'warning',
      text: '2 permissions are missing of the 19 of mode shared',
      fix: 'Ask an administrator to apply this Role.',
      manifest: missingRoleManifest(
        [
          { verb: 'create', group: 'discovery.k8s.io', resource: 'endpointslices' },
          { verb: 'watch', group: '', resource: 'events' },
        ],
        { namespace: 'ci', subject: { user: 'me' } },
      ),
    },
  ])
})

test('with a namespace per run, a ClusterRole; the deleter needs more', async () => {
  const { results } = await check(['create serviceaccounts'], { mode: 'create', options: { deleter: true } })
  expect(results).toEqual([
    {
      status: 'problem',
      text: 'me may not create serviceaccounts in every namespace: no run can start',
      fix: "Add this rule: { apiGroups: [''], resources: [serviceaccounts], verbs: [create] }",
    },
    {
      status: 'problem',
      text: '1 permission is missing of the 28 of mode create',
      fix: 'Ask an administrator to apply this ClusterRole.',
      manifest: missingRoleManifest([{ verb: 'create', group: '', resource: 'serviceaccounts' }], {
        subject: { user: 'me' },
      }),
    },
  ])
})

test('an account of its own for the pods needs to be copied, unless runs share a namespace', async () => {
  const options = { serviceAccount: 'tests' }
  const { results } = await check(['get serviceaccounts'], { mode: 'create', options })
  expect(results[0]?.text).toBe('me may not get serviceaccounts in every namespace: no run can start')
  const withDeleter = { mode: 'create', options: { ...options, deleter: true } } as const
  expect((await check(['create serviceaccounts'], withDeleter)).results).toHaveLength(2)
  expect((await check(['get serviceaccounts'], { options })).results.map(({ status }) => status)).toEqual(['ok'])
})

test('everything is missing, for the default account of a namespace', async () => {
  const { results } = await check('all', { user: 'system:serviceaccount:runners:default' })
  expect(results).toEqual([
    {
      status: 'problem',
      text: 'system:serviceaccount:runners:default has none of the 19 permissions of mode shared in namespace ci',
      fix: 'Ask an administrator to apply this Role. This is the default account of its namespace. Give the pod of the CI job its own account.',
      manifest: accessManifest({ namespace: 'ci', subject: { account: 'runners:default' } }),
    },
  ])
})
