import type { ApiClient } from '../api/client.ts'
import type { LivenessKind } from '../labels.ts'
import type { KubernetesOptions } from '../options.ts'
import type { Permission } from '../rbac/permission-table.ts'
import { canI, checkPermissions } from './permissions.ts'
import type { Credentials } from './renewing-credentials.ts'

/** `create`: a namespace per run. `shared`: runs share an existing namespace. */
export type NamespaceMode = 'create' | 'shared'

/** Where runs live on a cluster, and how they prove their liveness. */
export interface NamespacePolicy {
  readonly mode: NamespaceMode
  /** The shared namespace. In mode `create`: the namespace that a service account and pull secrets are copied from. */
  readonly namespace: string
  /** A Lease where Jobs are denied. */
  readonly liveness: LivenessKind
}

export interface PolicyDecision {
  readonly policy: NamespacePolicy
  /** Where the permissions were checked. In mode `create` it stands for all namespaces. */
  readonly checkedNamespace: string
  /** The permissions that this user lacks there. With one of them, no run can start. */
  readonly missing: readonly Permission[]
  /** The permissions that this user lacks for a namespace per run, if runs share one for that reason. */
  readonly missingForCreate?: readonly Permission[]
}

export interface PolicyQuestion {
  readonly client: ApiClient
  readonly credentials: Pick<Credentials, 'namespace'>
  readonly options: Pick<KubernetesOptions, 'namespace' | 'mode'>
  readonly env: NodeJS.ProcessEnv
}

// A run's own namespace does not exist yet. This one does, on every cluster.
const EXISTING_NAMESPACE = 'default'
const CREATE_NAMESPACES: Permission = { verb: 'create', group: '', resource: 'namespaces' }

/** Decides where runs live, by the options, the environment and the permissions of this user. */
export async function decidePolicy(
  { client, credentials, options, env }: PolicyQuestion,
  signal: AbortSignal,
): Promise<PolicyDecision> {
  const { namespace: givenNamespace, mode: givenMode } = givenPlace(options, env)
  const namespace = givenNamespace ?? credentials.namespace ?? 'default'
  const decide = async (mode: NamespaceMode): Promise<PolicyDecision> => {
    const checkedNamespace = mode === 'create' ? EXISTING_NAMESPACE : namespace
    const { liveness, missing } = await checkPermissions(client, { namespace: checkedNamespace, mode }, signal)
    return { policy: { mode, namespace, liveness }, checkedNamespace, missing }
  }
  if (givenMode === 'shared') return await decide('shared')
  if (!(await canI(client, CREATE_NAMESPACES, signal))) {
    if (givenMode === undefined) return await decide('shared')
    const policy = { mode: 'create', namespace, liveness: 'job' } as const
    return { policy, checkedNamespace: EXISTING_NAMESPACE, missing: [CREATE_NAMESPACES] }
  }
  const perRun = await decide('create')
  if (givenMode === 'create' || !perRun.missing.length) return perRun
  const shared = await decide('shared')
  return shared.missing.length ? shared : { ...shared, missingForCreate: perRun.missing }
}

/** The namespace and the mode that the user chose. */
export function givenPlace(
  { namespace, mode }: Pick<KubernetesOptions, 'namespace' | 'mode'>,
  env: NodeJS.ProcessEnv,
): { readonly namespace: string | undefined; readonly mode: NamespaceMode | undefined } {
  const given = namespace ?? (env['MOORAGE_NAMESPACE'] || undefined)
  return { namespace: given, mode: mode ?? (given ? 'shared' : undefined) }
}
