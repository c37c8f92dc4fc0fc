import { randomBytes } from 'node:crypto'
import {
  currentOwner,
  isMoorageError,
  type CheckContext,
  type CheckResult,
  type ContainerUnit,
  type JsonObject,
  type Run,
  type UnitSpec,
} from '@moorage/core/provider'
import type { ApiResponse } from '../api/types.ts'
import { refusalMessage, toProviderError } from '../errors.ts'
import { livenessJobManifest } from '../lifetime/liveness-job.ts'
import { livenessLeaseManifest } from '../lifetime/liveness-lease.ts'
import { toAdmissionError } from '../pod/admission-errors.ts'
import { renderObjects } from '../render.ts'
import { dryRunCreate } from './dry-run-client.ts'
import type { ExaminedCluster } from './examined-cluster.ts'

interface Manifest {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
}

interface Target {
  readonly cluster: ExaminedCluster
  readonly namespace: string
  readonly signal: AbortSignal
}

const COLLECTIONS: { readonly [kind: string]: string } = {
  Job: 'jobs',
  Lease: 'leases',
  Pod: 'pods',
  Secret: 'secrets',
  Service: 'services',
}

/**
 * Sends the objects of a run with this config to the API server, which admits or refuses them and stores none. In mode
 * `create`, the objects are sent to an existing namespace, because that of a run does not exist.
 */
export async function dryRunObjects(
  cluster: ExaminedCluster,
  { units, signal }: Pick<CheckContext, 'units' | 'signal'>,
): Promise<readonly CheckResult[]> {
  const { options, env, decision } = cluster
  const { policy, checkedNamespace: namespace, missing } = decision
  // The permissions say why.
  if (missing.length) return []
  const id = `moorage-doctor-${randomBytes(4).toString('hex')}`
  const run: Run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: '', cache: '' }
  const context = { options: { ...options, mode: policy.mode, namespace: policy.namespace }, env, run }
  const { objects } = renderObjects(context, units)
  const grace = options.grace === undefined ? {} : { graceSeconds: options.grace }
  const createLiveness = policy.liveness === 'lease' ? livenessLeaseManifest : livenessJobManifest
  const liveness = createLiveness({ run, ownerReferences: [], ...grace })
  const isPod = ({ kind }: Manifest): boolean => kind === 'Pod'
  const manifests = [...objects, liveness] as readonly Manifest[]
  const target = { cluster, namespace, signal }
  const [others, pods] = await Promise.all([
    dryRunOthers(
      target,
      manifests.filter((manifest) => !isPod(manifest)),
    ),
    Promise.all(manifests.filter(isPod).map((pod, i) => dryRunPod(target, pod, units[i] as UnitSpec))),
  ])
  return [...others, ...pods]
}

async function dryRunOthers(target: Target, manifests: readonly Manifest[]): Promise<readonly CheckResult[]> {
  const refused = await Promise.all(
    manifests.map(async (manifest) => {
      const path = collectionOf(manifest, target.namespace)
      const response = await send(target, manifest)
      if (response.status < 300) return []
      return [toResult(toProviderError({ method: 'POST', path }, response), response)]
    }),
  )
  const problems = refused.flat()
  if (problems.length) return problems
  const counts = [...Map.groupBy(manifests, ({ kind }) => kind)].map(([kind, { length }]) =>
    length === 1 ? kind : `${length} ${kind}s`,
  )
  return [{ status: 'ok', text: `${placeOf(target)} admits what a run creates beside its pods: ${counts.join(', ')}` }]
}

async function dryRunPod(target: Target, manifest: Manifest, { name, container }: UnitSpec): Promise<CheckResult> {
  const unit = container as ContainerUnit
  const response = await send(target, manifest)
  if (response.status < 300) return { status: 'ok', text: `services.${name}: ${placeOf(target)} admits its pod` }
  const ref = { service: name, image: unit.image, namespace: target.namespace, pod: manifest.metadata.name }
  return toResult(toAdmissionError(ref, response, unit), response)
}

async function send({ cluster, namespace, signal }: Target, manifest: Manifest): Promise<ApiResponse> {
  const isNamespace = manifest.kind === 'Namespace'
  const metadata = isNamespace ? manifest.metadata : { ...manifest.metadata, namespace }
  const body = { ...manifest, metadata } as unknown as JsonObject
  return await dryRunCreate(cluster.client, { path: collectionOf(manifest, namespace), body }, signal)
}

function collectionOf({ apiVersion, kind }: Manifest, namespace: string): string {
  if (kind === 'Namespace') return '/api/v1/namespaces'
  const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`
  return `${base}/namespaces/${namespace}/${COLLECTIONS[kind]}`
}

function placeOf({ cluster, namespace }: Target): string {
  return cluster.decision.policy.mode === 'create' ? 'the cluster' : `namespace ${namespace}`
}

function toResult(error: Error, response: ApiResponse): CheckResult {
  const refusal = refusalMessage(response)
  // Source: kubernetes, apiserver/pkg/admission/plugin/webhook: a webhook with side effects refuses every dry run.
  if (/does not support dry run/.test(refusal))
    return {
      status: 'warning',
      text: `the cluster cannot tell whether it admits the objects of a run: ${refusal}`,
      fix: 'Start a run to find out; the webhook belongs to your cluster.',
    }
  const [text = ''] = error.message.split('\n')
  const hint = isMoorageError(error) ? error.hint : undefined
  // A quota has room again when other pods end, and a start waits for that.
  const status = /exceeded quota/.test(refusal) ? 'warning' : 'problem'
  return {
    status,
    text: text.replace(/\.$/, ''),
    fix: hint ?? 'The API server says why: ask the administrator of the cluster.',
  }
}
