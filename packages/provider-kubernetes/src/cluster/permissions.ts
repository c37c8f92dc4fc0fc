import type { ApiClient } from '../api/client.ts'
import type { Status } from '../api/types.ts'
import { expectBody } from '../errors.ts'
import type { LivenessKind } from '../labels.ts'

// Short, because a provider's probe waits for the answer.
const REVIEW_TIMEOUT_MS = 1_500

interface ResourceVerbs {
  readonly group: string
  readonly resource: string
  readonly verbs: readonly string[]
}

const FOR_LIVENESS: { readonly [kind in LivenessKind]: ResourceVerbs } = {
  job: { group: 'batch', resource: 'jobs', verbs: ['create', 'patch', 'delete'] },
  lease: { group: 'coordination.k8s.io', resource: 'leases', verbs: ['create', 'get', 'list', 'patch', 'delete'] },
}

// docs/kubernetes-role.yaml grants these. It also grants pods/exec and events, which a run needs only for some
// services.
const FOR_RUN: readonly ResourceVerbs[] = [
  { group: '', resource: 'pods', verbs: ['create', 'list', 'watch', 'delete'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  // From Kubernetes 1.35 on, a WebSocket port-forward needs `create` as well (kubernetes/kubernetes#134577).
  { group: '', resource: 'pods/portforward', verbs: ['get', 'create'] },
  { group: '', resource: 'services', verbs: ['create', 'delete'] },
  { group: '', resource: 'secrets', verbs: ['create', 'delete'] },
]

// docs/kubernetes-role.yaml grants it for the further names of services in a namespace that runs share.
const FOR_ALIASES: ResourceVerbs = { group: 'discovery.k8s.io', resource: 'endpointslices', verbs: ['create'] }

// docs/kubernetes-deleter-cluster-role.yaml grants these in addition. RBAC lets a user grant only permissions that the
// user has, so those of the deleter are among them.
const FOR_DELETER: readonly ResourceVerbs[] = [
  { group: '', resource: 'serviceaccounts', verbs: ['create'] },
  { group: 'rbac.authorization.k8s.io', resource: 'roles', verbs: ['create'] },
  { group: 'rbac.authorization.k8s.io', resource: 'rolebindings', verbs: ['create'] },
  { group: 'batch', resource: 'jobs', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'namespaces', verbs: ['delete'] },
]

/** `SelfSubjectRulesReview` of authorization.k8s.io/v1. */
interface RulesReview {
  readonly status: { readonly incomplete?: boolean; readonly resourceRules?: readonly ResourceRule[] }
}

interface ResourceRule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

/** One verb on one resource. */
export interface Permission {
  readonly verb: string
  readonly group: string
  readonly resource: string
}

/**
 * How a run can prove its liveness in a namespace, and which permissions this user lacks there. Sends one request, and
 * one more for each verb that the rules review does not list, because that review may be incomplete.
 */
export async function checkPermissions(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<{ readonly liveness: LivenessKind; readonly missing: readonly Permission[] }> {
  const request = {
    method: 'POST' as const,
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } },
    signal,
    retryTimeoutMs: REVIEW_TIMEOUT_MS,
  }
  const { status } = expectBody<RulesReview>(request, await client.call(request))
  const findMissing = async (required: readonly ResourceVerbs[]): Promise<readonly Permission[]> => {
    const unlisted = required
      .flatMap(toPermissions)
      .filter((permission) => !(status.resourceRules ?? []).some((rule) => grants(rule, permission)))
    return await findDenied(client, { permissions: unlisted, namespace }, signal)
  }
  const [missingForJob, missing] = await Promise.all([findMissing([FOR_LIVENESS.job]), findMissing(FOR_RUN)])
  if (missingForJob.length && !(await findMissing([FOR_LIVENESS.lease])).length) return { liveness: 'lease', missing }
  return { liveness: 'job', missing: [...missingForJob, ...missing] }
}

/** The permissions for further names of services in a shared namespace that this user lacks. */
export async function missingAliasPermissions(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  return await findDenied(client, { permissions: toPermissions(FOR_ALIASES), namespace }, signal)
}

/** The permissions for the namespace deleter that this user lacks in a namespace. */
export async function missingDeleterPermissions(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  return await findDenied(client, { permissions: FOR_DELETER.flatMap(toPermissions), namespace }, signal)
}

function toPermissions({ group, resource, verbs }: ResourceVerbs): readonly Permission[] {
  return verbs.map((verb) => ({ group, resource, verb }))
}

async function findDenied(
  client: ApiClient,
  { permissions, namespace }: { readonly permissions: readonly Permission[]; readonly namespace: string },
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  const allowed = await Promise.all(permissions.map((permission) => canI(client, { ...permission, namespace }, signal)))
  return permissions.filter((_, i) => !allowed[i])
}

function grants(
  { verbs, apiGroups = [], resources = [], resourceNames = [] }: ResourceRule,
  { verb, group, resource }: Permission,
): boolean {
  const includes = (list: readonly string[], value: string): boolean => list.includes('*') || list.includes(value)
  return (
    resourceNames.length === 0 &&
    includes(verbs, verb) &&
    includes(apiGroups, group) &&
    (includes(resources, resource) || resources.includes(`*/${resource.split('/')[1]}`))
  )
}

/** Whether this user has a permission, in one namespace or cluster-wide. */
export async function canI(
  client: ApiClient,
  { verb, group, resource, namespace }: Permission & { readonly namespace?: string },
  signal: AbortSignal,
): Promise<boolean> {
  const [name, subresource] = resource.split('/')
  const resourceAttributes = {
    verb,
    group,
    resource: name,
    ...(subresource ? { subresource } : {}),
    ...(namespace ? { namespace } : {}),
  }
  const request = {
    method: 'POST' as const,
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: { resourceAttributes } },
    signal,
    retryTimeoutMs: REVIEW_TIMEOUT_MS,
  }
  return expectBody<{ status: { allowed: boolean } }>(request, await client.call(request)).status.allowed
}

/** This user's name, as the API server knows it; `this user` where the server does not tell. */
export async function currentUser(client: ApiClient, signal: AbortSignal): Promise<string> {
  const response = await client.call({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    signal,
  })
  return (
    (response.body as { status?: { userInfo?: { username?: string } } } & Status).status?.userInfo?.username ??
    'this user'
  )
}

/** Permissions that a user lacks in a namespace. */
export interface MissingPermissions {
  readonly user: string
  readonly namespace: string
  readonly missing: readonly Permission[]
}

/** Names the missing permissions, with the commands that grant them in the namespace. */
export function explainMissing({ user, namespace, missing }: MissingPermissions): {
  readonly reason: string
  readonly fix: string
} {
  const verbs = verbsByResource(missing)
  const [first] = verbs
  const single = first && verbs.size === 1
  const role = single ? 'moorage-more' : 'moorage'
  const createRole = single
    ? `kubectl create role ${role} -n ${namespace} --verb=${first[1].join(',')} --resource=${first[0]}`
    : `kubectl apply -n ${namespace} -f node_modules/moorage/kubernetes-role.yaml`
  return {
    reason: missingReason({ user, namespace, missing }),
    fix:
      `ask an administrator to run: ${createRole} && ` +
      `kubectl create rolebinding ${role} -n ${namespace} --role=${role} ${subjectFlag(user)}`,
  }
}

/** As {@link explainMissing}, for the deleter: its namespace is new, so only cluster-wide permissions help. */
export function explainMissingForDeleter(missing: MissingPermissions): {
  readonly reason: string
  readonly fix: string
} {
  const grant =
    'kubectl apply -f node_modules/moorage/kubernetes-deleter-cluster-role.yaml && ' +
    'kubectl create clusterrolebinding moorage-deleter --clusterrole=moorage-deleter ' +
    `${subjectFlag(missing.user)}`
  return { reason: missingReason(missing), fix: `Ask an administrator to run: ${grant}` }
}

function missingReason({ user, namespace, missing }: MissingPermissions): string {
  const list = [...verbsByResource(missing)].map(([resource, verbs]) => `${verbs.join(', ')} ${resource}`)
  return `${user} may not ${list.join('; ')} in namespace ${namespace}`
}

function verbsByResource(permissions: readonly Permission[]): ReadonlyMap<string, readonly string[]> {
  const byResource = Map.groupBy(permissions, ({ group, resource }) => (group ? `${resource}.${group}` : resource))
  return new Map([...byResource].map(([resource, all]) => [resource, all.map(({ verb }) => verb)]))
}

function subjectFlag(user: string): string {
  const account = user.match(/^system:serviceaccount:([^:]+):(.+)$/)
  return account ? `--serviceaccount=${account[1]}:${account[2]}` : `--user=${user}`
}
