/**
 * What a Role is for. `shared`: runs share a namespace. `lease`: the same, without Jobs. `create`: a namespace per run.
 * `deleter`: what `kubernetes({ deleter })` needs in addition to `create`.
 */
export const ACCESS_MODES = ['shared', 'lease', 'create', 'deleter'] as const

export type AccessMode = (typeof ACCESS_MODES)[number]

/** Verbs on resources that moorage uses. */
export interface PermissionRule {
  readonly modes: readonly AccessMode[]
  /** Empty for the core group. */
  readonly group: string
  readonly resources: readonly string[]
  readonly verbs: readonly string[]
  /** What does not work without it, as a clause. Undefined: no run can start without it. */
  readonly without?: string
  /** The comment in the manifest. */
  readonly comment?: string
}

const ALL_RUNS = ['shared', 'lease', 'create'] as const
const SHARED_RUNS = ['shared', 'lease'] as const

/** Every permission that moorage asks a cluster for. The Roles in docs/ are made from it, and so is the preflight. */
export const PERMISSION_RULES: readonly PermissionRule[] = [
  {
    modes: ['create'],
    group: '',
    resources: ['namespaces'],
    verbs: ['create', 'get', 'list', 'delete'],
    comment: 'One namespace for each run. The next start deletes those of killed runs.',
  },
  {
    modes: ['shared', 'create'],
    group: 'batch',
    resources: ['jobs'],
    verbs: ['create', 'get', 'patch', 'delete'],
    comment:
      'The liveness Job, which runs no pod and owns every object of a run. The cluster removes them when renewal stops.',
  },
  {
    modes: ['lease'],
    group: 'coordination.k8s.io',
    resources: ['leases'],
    verbs: ['create', 'get', 'list', 'patch', 'delete'],
    comment: 'The Lease, which takes the place of the liveness Job.',
  },
  { modes: ALL_RUNS, group: '', resources: ['pods'], verbs: ['create', 'list', 'watch', 'delete'] },
  { modes: ALL_RUNS, group: '', resources: ['pods/log'], verbs: ['get'] },
  // From Kubernetes 1.35 on, a WebSocket port-forward needs `create` as well (kubernetes/kubernetes#134577).
  { modes: ALL_RUNS, group: '', resources: ['pods/portforward'], verbs: ['get', 'create'] },
  { modes: ALL_RUNS, group: '', resources: ['services'], verbs: ['create'] },
  { modes: ALL_RUNS, group: '', resources: ['secrets'], verbs: ['create', 'delete'] },
  {
    modes: ALL_RUNS,
    group: '',
    resources: ['pods/exec'],
    verbs: ['get', 'create'],
    without: 'env.exec(), exec probes, health checks and folders larger than 2 MB fail',
    comment:
      'For env.exec(), exec probes, health checks and folders larger than 2 MB. Remove it if you use none of them.',
  },
  {
    modes: SHARED_RUNS,
    group: 'discovery.k8s.io',
    resources: ['endpointslices'],
    verbs: ['create'],
    without: 'aliases, hostName and aliases in networks are refused',
    comment:
      'For aliases, hostName and networks of a service: the further names of its pod. Remove it if you use none of them.',
  },
  {
    modes: ['create'],
    group: '',
    resources: ['secrets'],
    verbs: ['get'],
    without: 'kubernetes({ imagePullSecrets }) fails',
    comment: 'For kubernetes({ imagePullSecrets }), which are copied into the namespace of a run. Else remove it.',
  },
  {
    modes: ALL_RUNS,
    group: '',
    resources: ['events'],
    verbs: ['list', 'watch'],
    without: 'messages about a pod that does not start rely on its status alone',
    comment: 'Events say why a pod does not start. Without them, messages rely on the status of the pod.',
  },
  {
    modes: ['deleter'],
    group: '',
    resources: ['serviceaccounts'],
    verbs: ['create'],
    comment: "The account and the Role of the pod that waits for the run's Job and then deletes the run's namespace.",
  },
  {
    modes: ['deleter'],
    group: 'rbac.authorization.k8s.io',
    resources: ['roles', 'rolebindings'],
    verbs: ['create'],
  },
  {
    modes: ['deleter'],
    group: 'batch',
    resources: ['jobs'],
    verbs: ['get', 'list', 'watch'],
    comment: 'A user may grant only the permissions that the user has.',
  },
]

/**
 * What `kubernetes({ serviceAccount })` needs in addition to `create`: a run gets a copy of that account. Few configs
 * name one, so no Role in docs/ grants it.
 */
export const ACCOUNT_COPY_RULE: PermissionRule = {
  modes: [],
  group: '',
  resources: ['serviceaccounts'],
  verbs: ['get', 'create'],
}

/** Resources that do not live in a namespace. */
export const CLUSTER_RESOURCES: readonly string[] = ['namespaces']

/** One verb on one resource. */
export interface Permission {
  readonly verb: string
  readonly group: string
  readonly resource: string
}

/** The rules of a mode. */
export function rulesOf(mode: AccessMode): readonly PermissionRule[] {
  return PERMISSION_RULES.filter(({ modes }) => modes.includes(mode))
}

/** Each verb on each resource of the rules. */
export function toPermissions(rules: readonly PermissionRule[]): readonly Permission[] {
  return rules.flatMap(({ group, resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, verb }))),
  )
}
