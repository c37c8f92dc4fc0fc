import type { Status } from '../api/types.ts'
import { bodyOf } from '../errors.ts'
import type { Client } from '../api/client.ts'
import type { Liveness } from '../labels.ts'

// Milliseconds: whoever asks whether there is a cluster wants to know soon.
const PATIENCE = 1_500

interface Need {
  readonly group: string
  readonly resource: string
  readonly verbs: readonly string[]
}

// By what a run proves that it lives.
const PROOF: { readonly [liveness in Liveness]: Need } = {
  job: { group: 'batch', resource: 'jobs', verbs: ['create', 'patch', 'delete'] },
  lease: { group: 'coordination.k8s.io', resource: 'leases', verbs: ['create', 'get', 'list', 'patch', 'delete'] },
}

// docs/kubernetes-role.yaml grants these, and pods/exec and events, which are missed only when they are used.
const IN_NAMESPACE: readonly Need[] = [
  { group: '', resource: 'pods', verbs: ['create', 'list', 'watch', 'delete'] },
  { group: '', resource: 'pods/log', verbs: ['get'] },
  // `create` as well from Kubernetes 1.35 on (k/k #134577).
  { group: '', resource: 'pods/portforward', verbs: ['get', 'create'] },
  { group: '', resource: 'services', verbs: ['create', 'delete'] },
  { group: '', resource: 'secrets', verbs: ['create', 'delete'] },
]

/** For the deleter: who grants a right must have it. docs/kubernetes-deleter-cluster-role.yaml has what the other one lacks. */
const FOR_DELETER: readonly Need[] = [
  { group: '', resource: 'serviceaccounts', verbs: ['create'] },
  { group: 'rbac.authorization.k8s.io', resource: 'roles', verbs: ['create'] },
  { group: 'rbac.authorization.k8s.io', resource: 'rolebindings', verbs: ['create'] },
  { group: 'batch', resource: 'jobs', verbs: ['get', 'list', 'watch'] },
  { group: '', resource: 'namespaces', verbs: ['delete'] },
]

interface Rules {
  readonly status: { readonly incomplete?: boolean; readonly resourceRules?: readonly Rule[] }
}

interface Rule {
  readonly verbs: readonly string[]
  readonly apiGroups?: readonly string[]
  readonly resources?: readonly string[]
  readonly resourceNames?: readonly string[]
}

/** A verb that a user lacks. */
export interface MissingPermission {
  readonly verb: string
  readonly group: string
  readonly resource: string
}

/** How a run can live in a namespace, and what its user lacks there; one request, and one more for each verb that the summary does not show. */
export async function rightsIn(
  client: Client,
  namespace: string,
  signal: AbortSignal,
): Promise<{ readonly liveness: Liveness; readonly lacks: readonly MissingPermission[] }> {
  const request = {
    method: 'POST' as const,
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    body: { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } },
    signal,
    patience: PATIENCE,
  }
  const { status } = bodyOf<Rules>(request, await client.call(request))
  const lacking = async (needs: readonly Need[]): Promise<readonly MissingPermission[]> => {
    const unseen = needs
      .flatMap(each)
      .filter((need) => !(status.resourceRules ?? []).some((rule) => grants(rule, need)))
    return await denied(client, { wanted: unseen, namespace }, signal)
  }
  const [noJob, lacks] = await Promise.all([lacking([PROOF.job]), lacking(IN_NAMESPACE)])
  if (noJob.length && !(await lacking([PROOF.lease])).length) return { liveness: 'lease', lacks }
  return { liveness: 'job', lacks: [...noJob, ...lacks] }
}

export async function deleterLacks(
  client: Client,
  namespace: string,
  signal: AbortSignal,
): Promise<readonly MissingPermission[]> {
  return await denied(client, { wanted: FOR_DELETER.flatMap(each), namespace }, signal)
}

function each({ group, resource, verbs }: Need): readonly MissingPermission[] {
  return verbs.map((verb) => ({ group, resource, verb }))
}

async function denied(
  client: Client,
  { wanted, namespace }: { readonly wanted: readonly MissingPermission[]; readonly namespace: string },
  signal: AbortSignal,
): Promise<readonly MissingPermission[]> {
  const allowed = await Promise.all(wanted.map((right) => canI(client, { ...right, namespace }, signal)))
  return wanted.filter((_, i) => !allowed[i])
}

function grants(
  { verbs, apiGroups = [], resources = [], resourceNames = [] }: Rule,
  { verb, group, resource }: MissingPermission,
): boolean {
  const has = (list: readonly string[], wanted: string): boolean => list.includes('*') || list.includes(wanted)
  return (
    resourceNames.length === 0 &&
    has(verbs, verb) &&
    has(apiGroups, group) &&
    (has(resources, resource) || resources.includes(`*/${resource.split('/')[1]}`))
  )
}

export async function canI(
  client: Client,
  { verb, group, resource, namespace }: MissingPermission & { readonly namespace?: string },
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
    patience: PATIENCE,
  }
  return bodyOf<{ status: { allowed: boolean } }>(request, await client.call(request)).status.allowed
}

/** As whom the API server sees us. */
export async function identity(client: Client, signal: AbortSignal): Promise<string> {
  const answer = await client.call({
    method: 'POST',
    path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    signal,
  })
  return (
    (answer.body as { status?: { userInfo?: { username?: string } } } & Status).status?.userInfo?.username ??
    'this user'
  )
}

export function describeLacks(
  user: string,
  namespace: string,
  lacks: readonly MissingPermission[],
): { readonly reason: string; readonly fix: string } {
  const byResource = grouped(lacks)
  const [first] = byResource
  const role =
    first && byResource.size === 1
      ? `kubectl create role moorage-more -n ${namespace} --verb=${first[1].join(',')} --resource=${first[0]}`
      : `kubectl apply -n ${namespace} -f node_modules/moorage/kubernetes-role.yaml`
  const name = byResource.size === 1 ? 'moorage-more' : 'moorage'
  return {
    reason: reasonOf(user, namespace, lacks),
    fix: `let an administrator run: ${role} && kubectl create rolebinding ${name} -n ${namespace} --role=${name} ${subjectFlag(user)}`,
  }
}

/** In a namespace that has just been made, so that only rights in all of them help. */
export function describeDeleterLacks(
  user: string,
  namespace: string,
  lacks: readonly MissingPermission[],
): { readonly reason: string; readonly fix: string } {
  const grant = `kubectl apply -f node_modules/moorage/kubernetes-deleter-cluster-role.yaml && kubectl create clusterrolebinding moorage-deleter --clusterrole=moorage-deleter ${subjectFlag(user)}`
  return { reason: reasonOf(user, namespace, lacks), fix: `Let an administrator run: ${grant}` }
}

function reasonOf(user: string, namespace: string, lacks: readonly MissingPermission[]): string {
  return `${user} may not ${[...grouped(lacks)].map(([resource, verbs]) => `${verbs.join(', ')} ${resource}`).join('; ')} in namespace ${namespace}`
}

function grouped(lacks: readonly MissingPermission[]): ReadonlyMap<string, readonly string[]> {
  const byResource = Map.groupBy(lacks, ({ group, resource }) => (group ? `${resource}.${group}` : resource))
  return new Map([...byResource].map(([resource, all]) => [resource, all.map(({ verb }) => verb)]))
}

function subjectFlag(user: string): string {
  const account = user.match(/^system:serviceaccount:([^:]+):(.+)$/)
  return account ? `--serviceaccount=${account[1]}:${account[2]}` : `--user=${user}`
}
