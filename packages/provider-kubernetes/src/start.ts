import { setTimeout as sleep } from 'node:timers/promises'
import {
  readFileTrees,
  serviceHostName,
  type ContainerUnit,
  type HostPortProxies,
  type Report,
  type Unit,
  type UnitSpec,
} from '@moorage/core/provider'
import type { ApiClient } from './api/client.ts'
import { createObject, tryCreateObject } from './api/create-object.ts'
import type { ApiObject } from './api/types.ts'
import { refuseTakenName, type PodDns } from './cluster/pod-dns.ts'
import { openRoute, type RouteOptions } from './endpoint.ts'
import { canMountFiles, deliverFiles, mountFiles, type FileDelivery } from './files.ts'
import type { RunNamespace } from './lifetime/run-namespace.ts'
import type { KubernetesOptions } from './options.ts'
import type { WaitingReason } from './api/waiting-reason.ts'
import { quotaExceeded, toAdmissionError } from './pod/admission-errors.ts'
import { podManifest, secretManifest } from './pod/manifest.ts'
import type { PodRef } from './pod/pod-ref.ts'
import { lacksShell } from './pod/start-errors.ts'
import { waitUntilStarted } from './pod/wait-started.ts'
import { stopUnit, type ObjectRef } from './stop.ts'
import { createUnit } from './unit.ts'

/** What the starts of one session share. */
export interface SessionContext {
  readonly client: ApiClient
  readonly report: Report
  readonly options: KubernetesOptions
  readonly namespace: Promise<RunNamespace>
  /** What `namespace` waits for. */
  readonly opening: WaitingReason
  readonly dns: Promise<PodDns>
  readonly hostPortProxies: HostPortProxies
  readonly routeOptions: RouteOptions
  /** Number of starts by service. */
  readonly startCounts: Map<string, number>
}

const QUOTA_RETRY_INTERVAL_MS = 1_000
const DEFAULT_STOP_GRACE_SECONDS = 1

/**
 * Starts a service as a bare pod. Resolves when its container has started, whether or not the service is ready. A start
 * that fails deletes what it created.
 *
 * Throws MoorageError (START_FAILED, IMAGE_NOT_FOUND, CONFIG_INVALID, PROVIDER_LOST), or the reason of the signal.
 */
export async function startUnit(context: SessionContext, spec: UnitSpec, signal: AbortSignal): Promise<Unit> {
  const { client, report } = context
  signal.throwIfAborted()
  const unsubscribe = context.opening.subscribe((reason) => report.phase(spec.name, 'admit', reason))
  const runNamespace = await context.namespace.finally(unsubscribe)
  const dns = await context.dns
  if (runNamespace.mode === 'shared' && !dns.nameservers) {
    const { namespace } = runNamespace
    await refuseTakenName(client, { service: spec.name, hostName: serviceHostName(spec.name), namespace }, signal)
  }
  signal.throwIfAborted()
  const fileTrees = readFileTrees((spec.container as ContainerUnit).files)
  const attempt = { spec, runNamespace, dns }
  try {
    return await startPod(context, { ...attempt, deliver: (pod) => deliverFiles(fileTrees, pod) }, signal)
  } catch (error) {
    if (!lacksShell(error)) throw error
    if (!canMountFiles(fileTrees)) throw error
    return await startPod(context, { ...attempt, deliver: (pod) => mountFiles(fileTrees, pod) }, signal)
  }
}

interface PodStart {
  readonly spec: UnitSpec
  readonly runNamespace: RunNamespace
  readonly dns: PodCreation['dns']
  /** Prepares the files of the service; the name of the pod begins the names of their Secrets. */
  deliver(pod: string): FileDelivery
}

async function startPod(
  context: SessionContext,
  { spec, runNamespace, dns, deliver }: PodStart,
  signal: AbortSignal,
): Promise<Unit> {
  const { client, routeOptions } = context
  const { image } = spec.container as ContainerUnit
  const pod = podName(context, runNamespace, spec.name)
  const ref: PodRef = { service: spec.name, image, pod, namespace: runNamespace.namespace }
  const delivery = deliver(pod)
  const route = await openRoute(client, { ...ref, ports: Object.values(spec.ports) }, routeOptions)
  const objects: ObjectRef[] = []
  const resources = { route, objects }
  try {
    const created = await createPod(context, { spec, ref, runNamespace, dns, delivery, objects }, signal)
    const { uid } = created.metadata
    const { informer } = runNamespace
    await waitUntilStarted(context, { ref, uid, informer, delivery }, signal)
    return createUnit(client, { ref, uid, informer, resources })
  } catch (error) {
    await stopUnit(client, resources)
    throw error
  }
}

/** A restarted service gets a new name, because a stopped pod keeps its name until it has ended. No key has a dot. */
function podName({ startCounts }: SessionContext, { mode, run }: RunNamespace, service: string): string {
  const count = (startCounts.get(service) ?? 0) + 1
  startCounts.set(service, count)
  return `${mode === 'create' ? '' : `${run.id}-`}${serviceHostName(service)}${count > 1 ? `.${count}` : ''}`
}

interface PodCreation {
  readonly spec: UnitSpec
  readonly ref: PodRef
  readonly runNamespace: RunNamespace
  readonly delivery: FileDelivery
  readonly dns: PodDns
  /** Receives each object that was created. */
  readonly objects: ObjectRef[]
}

/** Creates the Secrets and the pod of a service. While a quota is exceeded, it retries until the signal aborts. */
async function createPod(
  context: SessionContext,
  { spec, ref, runNamespace, delivery, dns, objects }: PodCreation,
  signal: AbortSignal,
): Promise<ApiObject> {
  const { client, report, options, hostPortProxies } = context
  const { namespace, pod: name } = ref
  const { run } = runNamespace
  const owner = runNamespace.livenessObject.reference
  // The reason of a missed deadline.
  const onRetry = (reason: string): void => report.phase(ref.service, 'admit', reason)
  const sensitive = Object.fromEntries(
    spec.sensitive.flatMap((key) => (spec.env[key] === undefined ? [] : [[key, spec.env[key]]])),
  )
  const envSecret = Object.keys(sensitive).length ? `${name}-env` : undefined
  const secrets = delivery.secrets.map((secret) => secretManifest({ run, owner }, secret.name, { data: secret.data }))
  if (envSecret) secrets.push(secretManifest({ run, owner }, envSecret, { stringData: sensitive }))
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
  const body = podManifest({ run, spec, name, namespace, owner, options, delivery, envSecret, dns, hostAddress })
  for (;;) {
    signal.throwIfAborted()
    const result = await tryCreateObject(client, {
      path: `/api/v1/namespaces/${namespace}/pods`,
      body,
      signal,
      onRetry,
    })
    if ('object' in result) {
      objects.push({ namespace, kind: 'pods', name, uid: result.object.metadata.uid, stopGraceSeconds })
      return result.object
    }
    const quota = quotaExceeded(result)
    if (!quota) throw toAdmissionError(ref, result)
    report.phase(ref.service, 'admit', quota)
    await sleep(QUOTA_RETRY_INTERVAL_MS, undefined, { signal }).catch(() => {})
  }
}
