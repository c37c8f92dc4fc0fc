import { inCi, isMoorageError, type ProbeResult } from '@moorage/core/provider'
import { describeLacks, identity, canI, rightsIn } from './permissions.ts'
import { connectTo, type Client } from '../api/client.ts'
import { findCredentials, type Credentials } from './credentials.ts'
import type { KubernetesOptions } from '../options.ts'
import type { Choice } from '../lifetime/run-namespace.ts'

/** A cluster that can be used, and how. */
export interface Cluster {
  readonly client: Client
  readonly credentials: Credentials
  readonly choice: Choice
}

export type Chosen = { readonly probed: ProbeResult; readonly cluster?: Cluster }

export interface Asking {
  readonly options: KubernetesOptions
  readonly env: NodeJS.ProcessEnv
  readonly root: string
}

/** Finds the cluster and what may be done there; says why not otherwise. */
export async function selectCluster({ options, env, root }: Asking, signal: AbortSignal): Promise<Chosen> {
  const conflict = deleterConflict(options)
  if (conflict)
    return no(
      `kubernetes({ deleter }) is for a namespace per run, and ${conflict} has runs share one, which stays`,
      `leave one of the two out`,
      true,
    )
  const context = options.context ?? (env['MOORAGE_KUBE_CONTEXT'] || undefined)
  const found = await findCredentials({
    env,
    root,
    ...(context ? { context } : {}),
    ...(options.kubeconfig ? { kubeconfig: options.kubeconfig } : {}),
  })
  if ('reason' in found) return no(found.reason, found.fix, found.named)
  if (!found.inCluster && context === undefined && !inCi(env)) {
    return no(
      `context '${found.context}' is not allowed outside CI, so that no test runs against a cluster by mistake`,
      `name it: kubernetes({ context: '${found.context}' }) in the config, or MOORAGE_KUBE_CONTEXT=${found.context}. The contexts: kubectl config get-contexts`,
      false,
    )
  }
  const client = connectTo(found)
  try {
    return await decide(client, found, { options, env, signal })
  } catch (error) {
    client.close()
    signal.throwIfAborted()
    if (!isMoorageError(error)) throw error
    const [reason = ''] = error.message.split('\n')
    return no(sentencePart(reason), error.hint ?? '', true)
  }
}

async function decide(
  client: Client,
  credentials: Credentials,
  { options, env, signal }: Pick<Asking, 'options' | 'env'> & { readonly signal: AbortSignal },
): Promise<Chosen> {
  const given = options.namespace ?? (env['MOORAGE_NAMESPACE'] || undefined)
  const wanted = options.mode ?? (given ? 'shared' : undefined)
  const creates =
    wanted === 'shared' ? false : await canI(client, { verb: 'create', group: '', resource: 'namespaces' }, signal)
  if (wanted === 'create' && !creates) {
    const user = await identity(client, signal)
    return refuse(
      client,
      `${user} may not create namespaces`,
      'name one that exists, kubernetes({ namespace }), or let an administrator run: kubectl apply -f node_modules/moorage/kubernetes-cluster-role.yaml',
    )
  }
  const mode = creates ? 'create' : 'shared'
  const namespace = given ?? credentials.namespace ?? 'default'
  const where = mode === 'create' ? 'default' : namespace
  const { liveness, lacks } = await rightsIn(client, where, signal)
  if (lacks.length) {
    const { reason, fix } = describeLacks(await identity(client, signal), where, lacks)
    return refuse(client, reason, fix)
  }
  if (options.deleter && mode === 'create' && liveness === 'lease') {
    return refuse(
      client,
      'kubernetes({ deleter }) waits for the Job of a run to go, and this user has no right to Jobs: a Lease goes only at a next start, which takes the namespace as well',
      'leave deleter out, or let an administrator run: kubectl apply -f node_modules/moorage/kubernetes-cluster-role.yaml',
    )
  }
  const place = credentials.inCluster ? 'in-cluster' : `context ${credentials.context}`
  const detail = `${place}, ${mode === 'create' ? 'a namespace per run' : `namespace ${namespace}`}${liveness === 'lease' ? ', kept by a Lease: no right to Jobs' : ''}`
  return { probed: { ok: true, detail }, cluster: { client, credentials, choice: { mode, namespace, liveness } } }
}

/** What in the same config leaves a deleter without a namespace. An environment that does is told in a notice: configs are shared. */
function deleterConflict({ deleter, mode, namespace }: KubernetesOptions): string | undefined {
  if (!deleter || mode === 'create') return undefined
  if (mode === 'shared') return "mode: 'shared'"
  return namespace === undefined ? undefined : `namespace: '${namespace}'`
}

function refuse(client: Client, reason: string, fix: string): Chosen {
  client.close()
  return no(reason, fix, true)
}

function no(reason: string, fix: string, broken: boolean): Chosen {
  return { probed: { ok: false, reason, fix: fix.replace(/\.$/, ''), ...(broken ? { broken } : {}) } }
}

/** A message as it stands after a colon. */
function sentencePart(text: string): string {
  return (text.charAt(0).toLowerCase() + text.slice(1)).replace(/\.$/, '')
}
