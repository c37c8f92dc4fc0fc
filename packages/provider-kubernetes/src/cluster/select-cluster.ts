import { inCi, isMoorageError, type ProbeResult } from '@moorage/core/provider'
import { createClient, type ApiClient } from '../api/client.ts'
import type { LivenessKind } from '../labels.ts'
import type { KubernetesOptions } from '../options.ts'
import type { Credentials } from './renewing-credentials.ts'
import { findCredentials } from './find-credentials.ts'
import { canI, checkPermissions, currentUser, explainMissing } from './permissions.ts'

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

/** A cluster that this user can use. */
export interface Cluster {
  readonly client: ApiClient
  readonly credentials: Credentials
  readonly policy: NamespacePolicy
}

/** The outcome of a selection; without `cluster`, `probe` says why. */
export interface ClusterSelection {
  readonly probe: ProbeResult
  readonly cluster?: Cluster
}

export interface SelectionOptions {
  readonly options: KubernetesOptions
  readonly env: NodeJS.ProcessEnv
  /** The user's project. */
  readonly root: string
  /** How long the API server may take for all answers together. Default: 5,000. */
  readonly answerTimeoutMs?: number
}

const DEFAULT_ANSWER_TIMEOUT_MS = 5_000

/** Finds the cluster, checks this user's permissions there, and decides where runs live. */
export async function selectCluster(
  { options, env, root, answerTimeoutMs = DEFAULT_ANSWER_TIMEOUT_MS }: SelectionOptions,
  signal: AbortSignal,
): Promise<ClusterSelection> {
  const conflict = deleterConflict(options)
  if (conflict)
    return unavailable({
      reason: `kubernetes({ deleter }) needs a namespace per run, but ${conflict} makes runs share one that stays`,
      fix: 'remove one of the two options',
      broken: true,
    })
  const context = options.context ?? (env['MOORAGE_KUBE_CONTEXT'] || undefined)
  const credentials = await findCredentials({
    env,
    root,
    ...(context ? { context } : {}),
    ...(options.kubeconfig ? { kubeconfig: options.kubeconfig } : {}),
  })
  if ('reason' in credentials) return unavailable({ ...credentials, broken: credentials.configured })
  if (!credentials.inCluster && context === undefined && !inCi(env)) {
    const current = credentials.context
    return unavailable({
      reason: `context '${current}' is not allowed outside CI, so that no test runs against a cluster by mistake`,
      fix:
        `name it: kubernetes({ context: '${current}' }) in the config, or MOORAGE_KUBE_CONTEXT=${current}. ` +
        'List the contexts with: kubectl config get-contexts',
      broken: false,
    })
  }
  const client = createClient(credentials)
  let timeout: AbortSignal | undefined
  try {
    // A credential plugin has a time limit of its own, because it may wait for a login.
    await credentials.requestOptions()
    signal.throwIfAborted()
    timeout = AbortSignal.timeout(answerTimeoutMs)
    return await checkCluster({ client, credentials, options, env }, AbortSignal.any([signal, timeout]))
  } catch (error) {
    client.close()
    signal.throwIfAborted()
    if (timeout?.aborted)
      return unavailable({
        reason: `the cluster does not answer within ${answerTimeoutMs / 1_000} s`,
        fix: 'check it with: kubectl cluster-info',
        broken: true,
      })
    if (!isMoorageError(error)) throw error
    const [reason = ''] = error.message.split('\n')
    return unavailable({ reason: toClause(reason), fix: error.hint ?? '', broken: true })
  }
}

interface ClusterCheck extends Pick<SelectionOptions, 'options' | 'env'> {
  readonly client: ApiClient
  readonly credentials: Credentials
}

async function checkCluster(
  { client, credentials, options, env }: ClusterCheck,
  signal: AbortSignal,
): Promise<ClusterSelection> {
  const { namespace: givenNamespace, mode: givenMode } = givenPlace(options, env)
  const mayCreate =
    givenMode === 'shared' ? false : await canI(client, { verb: 'create', group: '', resource: 'namespaces' }, signal)
  if (givenMode === 'create' && !mayCreate) {
    const user = await currentUser(client, signal)
    return closeAndRefuse(client, {
      reason: `${user} may not create namespaces`,
      fix:
        'name an existing one with kubernetes({ namespace }), or ask an administrator to run: ' +
        'kubectl apply -f node_modules/moorage/kubernetes-cluster-role.yaml',
    })
  }
  const mode = mayCreate ? 'create' : 'shared'
  const namespace = givenNamespace ?? credentials.namespace ?? 'default'
  const checkedNamespace = mode === 'create' ? 'default' : namespace
  const { liveness, missing } = await checkPermissions(client, checkedNamespace, signal)
  if (missing.length) {
    const user = await currentUser(client, signal)
    return closeAndRefuse(client, explainMissing({ user, namespace: checkedNamespace, missing }))
  }
  if (options.deleter && mode === 'create' && liveness === 'lease') {
    return closeAndRefuse(client, {
      reason:
        'kubernetes({ deleter }) waits until the cluster deletes the Job of a run, but this user has no ' +
        'permission for Jobs. ' +
        'Without a Job, a later start deletes the Lease of the run together with its namespace',
      fix:
        'remove deleter, or ask an administrator to run: ' +
        'kubectl apply -f node_modules/moorage/kubernetes-cluster-role.yaml',
    })
  }
  const detail = [
    credentials.inCluster ? 'in-cluster' : `context ${credentials.context}`,
    mode === 'create' ? 'a namespace per run' : `namespace ${namespace}`,
    ...(liveness === 'lease' ? ['kept alive by a Lease: no permission for Jobs'] : []),
  ].join(', ')
  return { probe: { ok: true, detail }, cluster: { client, credentials, policy: { mode, namespace, liveness } } }
}

/** The namespace and the mode that the user chose. */
export function givenPlace(
  { namespace, mode }: KubernetesOptions,
  env: NodeJS.ProcessEnv,
): { readonly namespace: string | undefined; readonly mode: NamespaceMode | undefined } {
  const given = namespace ?? (env['MOORAGE_NAMESPACE'] || undefined)
  return { namespace: given, mode: mode ?? (given ? 'shared' : undefined) }
}

/**
 * The option in the same config that leaves a deleter without a namespace. Environment variables are no conflict,
 * because a config is shared: where one selects a shared namespace, the session prints a notice instead.
 */
function deleterConflict({ deleter, mode, namespace }: KubernetesOptions): string | undefined {
  if (!deleter || mode === 'create') return undefined
  if (mode === 'shared') return "mode: 'shared'"
  return namespace === undefined ? undefined : `namespace: '${namespace}'`
}

interface Refusal {
  readonly reason: string
  readonly fix: string
}

function closeAndRefuse(client: ApiClient, refusal: Refusal): ClusterSelection {
  client.close()
  return unavailable({ ...refusal, broken: true })
}

function unavailable({ reason, fix, broken }: Refusal & { readonly broken: boolean }): ClusterSelection {
  return { probe: { ok: false, reason, fix: fix.replace(/\.$/, ''), ...(broken ? { broken } : {}) } }
}

/** Turns a sentence into a clause that can follow a colon. */
function toClause(text: string): string {
  return (text.charAt(0).toLowerCase() + text.slice(1)).replace(/\.$/, '')
}
