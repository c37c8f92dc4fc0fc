import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerUnit, HostPortProxies, Report, UnitSpec } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import { createObject, tryCreateObject } from '../api/create-object.ts'
import type { ApiObject } from '../api/types.ts'
import type { PodDns } from '../cluster/cluster-dns.ts'
import type { FileDelivery } from '../files.ts'
import type { RunNamespace } from '../lifetime/run-namespace.ts'
import type { KubernetesOptions } from '../options.ts'
import type { ObjectRef } from '../stop.ts'
import { quotaExceeded, toAdmissionError } from './admission-errors.ts'
import type { PodFolder } from './prepare-folders.ts'
import { DEFAULT_STOP_GRACE_SECONDS, podManifest } from './manifest.ts'
import { podSecrets, secretManifest } from './pod-secrets.ts'
import type { PodRef } from './pod-ref.ts'
import { isPreparedBeside, type Preparation } from './preparing-container.ts'
import { pullCredentials, type PullCredentials } from './pull-secret.ts'

/** A pod to create. */
export interface PodCreation {
  readonly spec: UnitSpec
  readonly ref: PodRef
  readonly runNamespace: RunNamespace
  readonly delivery: FileDelivery
  readonly folders: readonly PodFolder[]
  readonly preparation: Preparation
  readonly dns: PodDns
  /** Receives each object that was created. */
  readonly objects: ObjectRef[]
}

interface CreationContext {
  readonly client: ApiClient
  readonly report: Report
  readonly options: KubernetesOptions
  readonly hostPortProxies: HostPortProxies
}

const QUOTA_RETRY_INTERVAL_MS = 1_000

/**
 * Creates the Secrets and the pod of a service. A refused pod gets an init container instead of a second one. While a
 * quota is exceeded, it retries until the signal aborts.
 */
export async function createPod(
  context: CreationContext,
  creation: PodCreation,
  signal: AbortSignal,
): Promise<ApiObject> {
  const { client, report, options, hostPortProxies } = context
  const { spec, ref, runNamespace, objects } = creation
  const { namespace, pod: name } = ref
  const { run } = runNamespace
  const owner = runNamespace.livenessObject.reference
  // The reason of a missed deadline.
  const onRetry = (reason: string): void => report.phase(ref.service, 'admit', reason)
  const credentials = await credentialsOf(context, ref, spec.container as ContainerUnit)
  const pullSecret = credentials && `${name}-pull`
  const { envSecret, secrets } = podSecrets(creation, { run, owner })
  if (credentials && pullSecret) secrets.push(secretManifest({ run, owner }, pullSecret, credentials))
  // Before the pod: a kubelet that misses a Secret retries only after seconds.
  await Promise.all(
    secrets.map(async (body) => {
      const path = `/api/v1/namespaces/${namespace}/secrets`
      const { metadata } = (await createObject(client, { path, body, signal, onRetry })).object
      objects.push({ namespace, kind: 'secrets', name: metadata.name, uid: metadata.uid })
    }),
  )
  const { hostAccess, stopGrace: stopGraceSeconds = DEFAULT_STOP_GRACE_SECONDS } = spec.container as ContainerUnit
  const hostAddress = hostAccess && (await hostPortProxies.openSamePorts(hostAccess === true ? [] : hostAccess))
  const input = { ...creation, run, name, namespace, owner, options, envSecret, pullSecret, hostAddress }
  for (let body = podManifest(input); ;) {
    signal.throwIfAborted()
    const path = `/api/v1/namespaces/${namespace}/pods`
    const result = await tryCreateObject(client, { path, body, signal, onRetry })
    if ('object' in result) {
      objects.push({ namespace, kind: 'pods', name, uid: result.object.metadata.uid, stopGraceSeconds })
      return result.object
    }
    if (isPreparedBeside(body as ApiObject)) {
      // Two containers count more than an init container where a quota, a LimitRange or a policy counts them.
      body = podManifest({ ...input, preparation: 'before' })
      continue
    }
    const quota = quotaExceeded(result)
    if (!quota) throw toAdmissionError(ref, result, spec.container)
    report.phase(ref.service, 'admit', quota)
    await sleep(QUOTA_RETRY_INTERVAL_MS, undefined, { signal }).catch(() => {})
  }
}

/** This machine's credentials for the image of a service, unless the node has the image or the user forbids it. */
async function credentialsOf(
  { options, report }: CreationContext,
  { service, image }: PodRef,
  { pull }: ContainerUnit,
): Promise<PullCredentials | undefined> {
  if (options.pullCredentials === false || pull === 'never') return undefined
  return await pullCredentials({ service, image }, { env: process.env, report })
}
