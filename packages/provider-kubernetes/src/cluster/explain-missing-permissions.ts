import { CLUSTER_RESOURCES, type Permission } from '../rbac/permission-table.ts'

/** Permissions that a user lacks. */
export interface MissingPermissions {
  readonly user: string
  /** Where they were checked. */
  readonly namespace: string
  /** `create`: they are needed in every namespace. */
  readonly mode: 'create' | 'shared'
  readonly missing: readonly Permission[]
}

/** Names the missing permissions, with the commands that grant them. */
export function explainMissing(lack: MissingPermissions): {
  readonly reason: string
  readonly fix: string
} {
  const { user, namespace, mode, missing } = lack
  const reason = missingReason(lack)
  if (mode === 'create')
    return {
      reason,
      fix:
        'name an existing namespace with kubernetes({ namespace }), or ask an administrator to run: ' +
        'kubectl apply -f node_modules/moorage/kubernetes-cluster-role.yaml && ' +
        `kubectl create clusterrolebinding moorage --clusterrole=moorage ${subjectFlag(user)}`,
    }
  const verbs = verbsByResource(missing)
  const [first] = verbs
  const single = first && verbs.size === 1
  const role = single ? 'moorage-more' : 'moorage'
  const createRole = single
    ? `kubectl create role ${role} -n ${namespace} --verb=${first[1].join(',')} --resource=${first[0]}`
    : `kubectl apply -n ${namespace} -f node_modules/moorage/kubernetes-role.yaml`
  return {
    reason,
    fix:
      `ask an administrator to run: ${createRole} && ` +
      `kubectl create rolebinding ${role} -n ${namespace} --role=${role} ${subjectFlag(user)}`,
  }
}

/** As {@link explainMissing}, for the deleter: its namespace is new, so only cluster-wide permissions help. */
export function explainMissingForDeleter(missing: Omit<MissingPermissions, 'mode'>): {
  readonly reason: string
  readonly fix: string
} {
  const grant =
    'kubectl apply -f node_modules/moorage/kubernetes-deleter-cluster-role.yaml && ' +
    'kubectl create clusterrolebinding moorage-deleter --clusterrole=moorage-deleter ' +
    `${subjectFlag(missing.user)}`
  return { reason: missingReason({ ...missing, mode: 'shared' }), fix: `Ask an administrator to run: ${grant}` }
}

/** What a user may not do, as a clause. */
export function missingReason({ user, namespace, mode, missing }: MissingPermissions): string {
  const list = [...verbsByResource(missing)].map(([resource, verbs]) => `${verbs.join(', ')} ${resource}`)
  const isClusterWide = missing.every(({ resource }) => CLUSTER_RESOURCES.includes(resource))
  const where = isClusterWide ? '' : mode === 'create' ? ' in every namespace' : ` in namespace ${namespace}`
  return `${user} may not ${list.join('; ')}${where}`
}

function verbsByResource(permissions: readonly Permission[]): ReadonlyMap<string, readonly string[]> {
  const byResource = Map.groupBy(permissions, ({ group, resource }) => (group ? `${resource}.${group}` : resource))
  return new Map([...byResource].map(([resource, all]) => [resource, all.map(({ verb }) => verb)]))
}

function subjectFlag(user: string): string {
  const account = user.match(/^system:serviceaccount:([^:]+):(.+)$/)
  return account ? `--serviceaccount=${account[1]}:${account[2]}` : `--user=${user}`
}
