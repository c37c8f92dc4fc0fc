import { MoorageError, type Report, type Run } from '@moorage/core/provider'
import { apiError, saidBy } from '../errors.ts'
import type { OwnerPod } from '../cluster/owner-pod.ts'
import type { Client } from '../api/client.ts'
import { create } from '../api/create-object.ts'
import { startDeadlineJob, type DeadlineJob } from './deadline-job.ts'
import { startDeleter } from './namespace-deleter.ts'
import { labelsOf, LIVENESS, OWNER, type Liveness } from '../labels.ts'
import { startLease } from './lease.ts'
import { PodInformer } from '../pod/informer.ts'
import type { KubernetesOptions } from '../options.ts'

export type Mode = 'create' | 'shared'

export interface Choice {
  readonly mode: Mode
  /** Of mode `shared`. */
  readonly namespace: string
  /** By what runs prove that they live: a Job, or a Lease where Jobs are denied. */
  readonly liveness: Liveness
}

/** Where a run's objects live. */
export interface RunNamespace {
  readonly namespace: string
  readonly mode: Mode
  readonly run: Run
  readonly deadman: DeadlineJob
  readonly observed: PodInformer
  /** Ends watches and heartbeats. */
  readonly over: AbortController
  /** Mode `create`: the namespace, and all that is in it. Resolves when the deletion is accepted. */
  removeNamespace?(): Promise<boolean>
}

export interface Making {
  readonly choice: Choice
  readonly run: Run
  readonly report: Report
  readonly options: KubernetesOptions
  readonly ciPod: OwnerPod
  readonly signal: AbortSignal
}

/** Namespace, if one is to be made; then the deadman, before anything else; then the name service of the run. */
export async function openRunNamespace(client: Client, making: Making): Promise<RunNamespace> {
  const { choice, report, options, ciPod, signal } = making
  const run = { ...making.run, labels: { ...making.run.labels, ...ciPod.labels } }
  const namespace = choice.mode === 'create' ? run.id : choice.namespace
  const uid = choice.mode === 'create' ? await makeNamespace(client, making) : undefined
  const startLiving = choice.liveness === 'lease' ? startLease : startDeadlineJob
  const deadman = await startLiving(
    client,
    { run, namespace, report, owners: ciPod.owners, ...(options.grace === undefined ? {} : { grace: options.grace }) },
    signal,
  ).catch((error: unknown) => {
    throw explain(error, namespace)
  })
  const over = new AbortController()
  const observed = new PodInformer(client, {
    namespace,
    run: run.id,
    version: deadman.version,
    report,
    over: over.signal,
  })
  // Beside everything else: no service waits for it.
  if (options.deleter && choice.mode === 'create')
    void startDeleter(client, { run, namespace, options, observed, report, over: over.signal })
  try {
    await makeNames(client, { run, namespace, owner: deadman.reference, signal })
  } catch (error) {
    over.abort()
    deadman.stop()
    throw error
  }
  const whole = uid === undefined ? {} : { removeNamespace: () => deleteNamespace(client, namespace, uid) }
  return { namespace, mode: choice.mode, run, deadman, observed, over, ...whole }
}

async function makeNamespace(client: Client, { choice, run, report, signal }: Making): Promise<string> {
  report.journal({ kind: 'namespace', name: run.id })
  const annotations = { [OWNER]: JSON.stringify(run.owner), [LIVENESS]: choice.liveness }
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: run.id, labels: labelsOf(run), annotations } }
  return (await create(client, { path: '/api/v1/namespaces', body, signal })).object.metadata.uid
}

/** A headless Service without ports: `<service>.<run>` resolves for every pod that names it as its subdomain. */
async function makeNames(
  client: Client,
  { run, namespace, owner, signal }: { run: Run; namespace: string; owner: object; signal: AbortSignal },
): Promise<void> {
  await create(client, {
    path: `/api/v1/namespaces/${namespace}/services`,
    body: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: run.id, labels: labelsOf(run), ownerReferences: [owner] },
      spec: { clusterIP: 'None', publishNotReadyAddresses: true, selector: { 'moorage.run': run.id } },
    },
    signal,
  })
}

function explain(error: unknown, namespace: string): unknown {
  const { cause } = error as { cause?: unknown }
  if (cause !== 404) return error
  return new MoorageError('PROVIDER_UNAVAILABLE', `Provider kubernetes: there is no namespace ${namespace}.`, {
    provider: 'kubernetes',
    hint: `Make it, or name another: kubectl create namespace ${namespace}`,
  })
}

/** Mode `create`: everything goes with the namespace. Resolves when the deletion is accepted. */
export async function deleteNamespace(client: Client, name: string, uid: string): Promise<boolean> {
  const request = { method: 'DELETE' as const, path: `/api/v1/namespaces/${name}`, body: { preconditions: { uid } } }
  const answer = await client.call(request)
  // 409: it is on its way, or is not the one that was meant.
  if (answer.status === 404 || answer.status === 409) return false
  if (answer.status >= 300) throw apiError(request, answer, { hint: `It says: ${saidBy(answer)}` })
  return true
}
