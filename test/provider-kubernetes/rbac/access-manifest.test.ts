import { readFileSync } from 'node:fs'
import type { AccessRequest } from '@moorage/core'
import { describe, expect, test } from 'vitest'
import { accessManifest, missingRoleManifest } from '../../../packages/provider-kubernetes/src/rbac/access-manifest.ts'
import { ACCESS_MODES, type AccessMode } from '../../../packages/provider-kubernetes/src/rbac/permission-table.ts'
import { thrownError } from '../../thrown-error.ts'

const FILES: { readonly [mode in AccessMode]: string } = {
  shared: 'kubernetes-role',
  lease: 'kubernetes-lease-role',
  create: 'kubernetes-cluster-role',
  deleter: 'kubernetes-deleter-cluster-role',
}

describe('the files in docs/', () => {
  test.each(ACCESS_MODES)('mode %s: write it with npx moorage rbac --mode MODE', (mode) => {
    expect(readFileSync(`docs/${FILES[mode]}.yaml`, 'utf8')).toBe(accessManifest({ mode }))
  })
})

test('with a namespace and an account, the manifest has the binding', () => {
  const text = accessManifest({ namespace: 'ci', subject: { account: 'tests' } })
  expect(text).toContain('kind: Role\nmetadata:\n  name: moorage\n  namespace: ci\nrules:\n')
  expect(text.split('---\n')[1]).toBe(`apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: moorage
  namespace: ci
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: moorage
subjects:
  - kind: ServiceAccount
    name: tests
    namespace: ci
`)
})

test('a ClusterRole for a user', () => {
  expect(accessManifest({ mode: 'create', subject: { user: 'me@example.com' } })).toContain(`---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: moorage
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: moorage
subjects:
  - kind: User
    apiGroup: rbac.authorization.k8s.io
    name: "me@example.com"
`)
})

test('a Role for exactly the permissions that are missing', () => {
  const missing = [
    { verb: 'list', group: '', resource: 'pods' },
    { verb: 'watch', group: '', resource: 'pods' },
    { verb: 'patch', group: 'batch', resource: 'jobs' },
  ]
  expect(missingRoleManifest(missing, { namespace: 'ci', subject: { account: 'runners:tests' } }))
    .toBe(`apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: moorage-missing
  namespace: ci
rules:
  - apiGroups: ['']
    resources: [pods]
    verbs: [list, watch]
  - apiGroups: [batch]
    resources: [jobs]
    verbs: [patch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: moorage-missing
  namespace: ci
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: moorage-missing
subjects:
  - kind: ServiceAccount
    name: tests
    namespace: runners
`)
})

test.each<[what: string, request: AccessRequest, message: string]>([
  [
    'an unknown mode',
    { mode: 'admin' },
    'rbac: --mode admin is not a mode of Kubernetes.\nUse --mode shared, --mode lease, --mode create or --mode deleter.',
  ],
  [
    'a namespace for a ClusterRole',
    { mode: 'create', namespace: 'ci' },
    'rbac: --namespace has no effect on mode create, whose ClusterRole counts everywhere.\nOmit it, or use --mode shared.',
  ],
  [
    'a namespace that Kubernetes refuses',
    { namespace: 'My CI' },
    "rbac: --namespace: 'My CI' is not a name that Kubernetes accepts.\nIt consists of lower-case letters, digits and dashes, with a letter or digit at both ends.",
  ],
  [
    'an account that Kubernetes refuses',
    { namespace: 'ci', subject: { account: 'ci:a b' } },
    "rbac: --account: 'a b' is not a name that Kubernetes accepts.\nIt consists of lower-case letters, digits and dashes, with a letter or digit at both ends.",
  ],
  [
    'an account without a namespace',
    { subject: { account: 'tests' } },
    'rbac: --account tests does not name the namespace of the account.\nWrite it as NAMESPACE:NAME, as in --account ci:tests.',
  ],
])('bad input: %s', async (_what, request, message) => {
  expect(await thrownError(() => accessManifest(request))).toMatchObject({ code: 'USAGE', message })
})
