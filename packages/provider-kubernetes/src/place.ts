import { MoorageError, type Report, type Run } from '@moorage/core'
import { apiError, saidBy } from './api-error.ts'
import type { Client } from './client.ts'
import { create } from './create.ts'
import { GRACE, startDeadman, type Deadman } from './deadman.ts'
import { labelsOf, OWNER } from './labels.ts'
import { Observed } from './observed.ts'
import type { KubernetesOptions } from './options.ts'

export type Mode = 'create' | 'shared'

export interface Choice {
  readonly mode: Mode
  /** Of mode `shared`. */
  readonly namespace: string
}

/** Where a run's objects live. */
export interface RunPlace {
  readonly namespace: string
  readonly mode: Mode
  readonly deadman: Deadman
  readonly observed: Observed
  /** Ends watches and heartbeats. */
  readonly over: AbortController
}

export interface Making {
  readonly choice: Choice
  readonly run: Run
  readonly report: Report
  readonly options: KubernetesOptions
  readonly owners: readonly object[]
  readonly signal: AbortSignal
}

/** Namespace, if one is to be made; then the deadman, before anything else; then the name service of the run. */
export async function openPlace(client: Client, making: Making): Promise<RunPlace> {
  const { choice, run, report, options, owners, signal } = making
  const namespace = choice.mode === 'create' ? run.id : choice.namespace
  if (choice.mode === 'create') {
    report.journal({ kind: 'namespace', name: namespace })
    const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: labelsOf(run), annotations: { [OWNER]: JSON.stringify(run.owner) } } }
    await create(client, { path: '/api/v1/namespaces', body, signal })
  }
  const grace = options.grace ?? GRACE
  const deadman = await startDeadman(client, { run, namespace, report, grace, owners }, signal).catch((error: unknown) => {
    throw explain(error, namespace)
  })
  const over = new AbortController()
  const observed = new Observed(client, { namespace, run: run.id, version: deadman.version, report, over: over.signal })
  try {
    await makeNames(client, { run, namespace, owner: deadman.reference, signal })
  } catch (error) {
    over.abort()
    deadman.stop()
    throw error
  }
  return { namespace, mode: choice.mode, deadman, observed, over }
}

/** A headless Service without ports: `<service>.<run>` resolves for every pod that names it as its subdomain. */
async function makeNames(client: Client, { run, namespace, owner, signal }: { run: Run; namespace: string; owner: object; signal: AbortSignal }): Promise<void> {
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
  return new MoorageError('PROVIDER_UNAVAILABLE', `Provider kubernetes: there is no namespace ${namespace}.`, { provider: 'kubernetes', hint: `Make it, or name another: kubectl create namespace ${namespace}` })
}

/** Mode `create`: everything goes with the namespace. Resolves when the deletion is accepted. */
export async function deleteNamespace(client: Client, name: string, uid?: string): Promise<boolean> {
  const request = { method: 'DELETE' as const, path: `/api/v1/namespaces/${name}`, body: uid ? { preconditions: { uid } } : {} }
  const answer = await client.call(request)
  // 409: it is on its way, or is not the one that was meant.
  if (answer.status === 404 || answer.status === 409) return false
  if (answer.status >= 300) throw apiError(request, answer, { hint: `It says: ${saidBy(answer)}` })
  return true
}
