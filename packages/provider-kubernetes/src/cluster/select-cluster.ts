import { inCi, isMoorageError, type ProbeResult } from '@moorage/core/provider'
import { createClient, type ApiClient } from '../api/client.ts'
import type { KubernetesOptions } from '../options.ts'
import { decidePolicy, type NamespacePolicy, type PolicyQuestion } from './decide-namespace.ts'
import type { Credentials } from './renewing-credentials.ts'
import { findCredentials } from './find-credentials.ts'
import { explainMissing, missingReason } from './explain-missing-permissions.ts'
import { currentUser } from './permissions.ts'

export { givenPlace, type NamespaceMode, type NamespacePolicy } from './decide-namespace.ts'

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
  /** Of a cluster that answers, but in which this user may not run anything. */
  readonly refused?: Credentials
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

/** A connection to the API server that the options and the environment choose. */
export interface ClusterConnection {
  readonly client: ApiClient
  readonly credentials: Credentials
}

/** Connects to the cluster without a request. Outside CI, a context counts only if it is named. */
export async function connectCluster({
  options,
  env,
  root,
}: Omit<SelectionOptions, 'answerTimeoutMs'>): Promise<ClusterConnection | { readonly refusal: ClusterSelection }> {
  const conflict = deleterConflict(options)
  if (conflict)
    return {
      refusal: unavailable({
        reason: `kubernetes({ deleter }) needs a namespace per run, but ${conflict} makes runs share one that stays`,
        fix: 'remove one of the two options',
        broken: true,
      }),
    }
  const context = options.context ?? (env['MOORAGE_KUBE_CONTEXT'] || undefined)
  const credentials = await findCredentials({
    env,
    root,
    ...(context ? { context } : {}),
    ...(options.kubeconfig ? { kubeconfig: options.kubeconfig } : {}),
  })
  if ('reason' in credentials) return { refusal: unavailable({ ...credentials, broken: credentials.configured }) }
  if (!credentials.inCluster && context === undefined && !inCi(env)) {
    const current = credentials.context
    return {
      refusal: unavailable({
        reason: `context '${current}' is not allowed outside CI, so that no test runs against a cluster by mistake`,
        fix:
          `name it: kubernetes({ context: '${current}' }) in the config, or MOORAGE_KUBE_CONTEXT=${current}. ` +
          'List the contexts with: kubectl config get-contexts',
        broken: false,
      }),
    }
  }
  return { client: createClient(credentials), credentials }
}

/** Finds the cluster, checks this user's permissions there, and decides where runs live. */
export async function selectCluster(
  { options, env, root, answerTimeoutMs = DEFAULT_ANSWER_TIMEOUT_MS }: SelectionOptions,
  signal: AbortSignal,
): Promise<ClusterSelection> {
  const connection = await connectCluster({ options, env, root })
  if ('refusal' in connection) return connection.refusal
  const { client, credentials } = connection
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

interface ClusterCheck extends PolicyQuestion {
  readonly credentials: Credentials
  readonly options: KubernetesOptions
}

async function checkCluster(check: ClusterCheck, signal: AbortSignal): Promise<ClusterSelection> {
  const { client, credentials, options } = check
  const { policy, checkedNamespace, missing, missingForCreate } = await decidePolicy(check, signal)
  const { mode, namespace, liveness } = policy
  if (missing.length) {
    const user = await currentUser(client, signal)
    const refusal = explainMissing({ user, namespace: checkedNamespace, mode, missing })
    return { ...closeAndRefuse(client, refusal), refused: credentials }
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
  const fallback = missingForCreate && {
    user: await currentUser(client, signal),
    namespace,
    mode: 'create' as const,
    missing: missingForCreate,
  }
  const detail = [
    credentials.inCluster ? 'in-cluster' : `context ${credentials.context}`,
    mode === 'create' ? 'a namespace per run' : `namespace ${namespace}`,
    ...(fallback ? [`no namespace per run: ${missingReason(fallback)}`] : []),
    ...(liveness === 'lease' ? ['kept alive by a Lease: no permission for Jobs'] : []),
  ].join(', ')
  return { probe: { ok: true, detail }, cluster: { client, credentials, policy } }
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
