import type { ApiClient } from '../api/client.ts'
import type { Status } from '../api/types.ts'
import { expectBody } from '../errors.ts'
import type { LivenessKind } from '../labels.ts'
import {
  CLUSTER_RESOURCES,
  rulesOf,
  toPermissions,
  type AccessMode,
  type Permission,
} from '../rbac/permission-table.ts'

// Short, because a provider's probe waits for the answer.
const REVIEW_TIMEOUT_MS = 1_500

const FOR_ALIASES = toPermissions(rulesOf('shared').filter(({ resources }) => resources.includes('endpointslices')))

// RBAC lets a user grant only permissions that the user has, so those of the deleter are among them.
const FOR_DELETER: readonly Permission[] = [
  ...toPermissions(rulesOf('deleter')),
  { group: '', resource: 'namespaces', verb: 'delete' },
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

/**
 * How a run can prove its liveness in a namespace, and which permissions without which no run starts this user lacks
 * there. Sends one request, and one more for each verb that the rules review does not list, because that review may be
 * incomplete.
 */
export async function checkPermissions(
  client: ApiClient,
  { namespace, mode }: { readonly namespace: string; readonly mode: 'create' | 'shared' },
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
  const findMissing = async (required: readonly Permission[]): Promise<readonly Permission[]> => {
    const unlisted = required.filter(
      (permission) => !(status.resourceRules ?? []).some((rule) => grants(rule, permission)),
    )
    return await findDenied(client, { permissions: unlisted, namespace }, signal)
  }
  const required = requiredFor(mode)
  const isOfJob = ({ resource }: Permission): boolean => resource === 'jobs'
  const [missingForJob, missing] = await Promise.all([
    findMissing(required.filter(isOfJob)),
    findMissing(required.filter((permission) => !isOfJob(permission))),
  ])
  if (missingForJob.length) {
    const forLease = requiredFor('lease').filter(({ resource }) => resource === 'leases')
    if (!(await findMissing(forLease)).length) return { liveness: 'lease', missing }
  }
  return { liveness: 'job', missing: [...missingForJob, ...missing] }
}

/** The permissions of a mode without which no run starts. */
function requiredFor(mode: AccessMode): readonly Permission[] {
  return toPermissions(rulesOf(mode).filter(({ without }) => without === undefined))
}

/** The permissions for further names of services in a shared namespace that this user lacks. */
export async function missingAliasPermissions(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  return await findDenied(client, { permissions: FOR_ALIASES, namespace }, signal)
}

/** The permissions for the namespace deleter that this user lacks in a namespace. */
export async function missingDeleterPermissions(
  client: ApiClient,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  return await findDenied(client, { permissions: FOR_DELETER, namespace }, signal)
}

/** Those of the permissions that this user lacks in a namespace, by one access review each. */
export async function findDenied(
  client: ApiClient,
  { permissions, namespace }: { readonly permissions: readonly Permission[]; readonly namespace: string },
  signal: AbortSignal,
): Promise<readonly Permission[]> {
  const allowed = await Promise.all(
    permissions.map((permission) =>
      canI(
        client,
        { ...permission, ...(CLUSTER_RESOURCES.includes(permission.resource) ? {} : { namespace }) },
        signal,
      ),
    ),
  )
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
