import { exitSignal, SHELL_IN_CONTAINER, type Exit, type Unit } from '@moorage/core/provider'
import type { ApiClient } from './api/client.ts'
import type { ContainerState, Pod } from './api/types.ts'
import { findPortProblem, resolveEndpoint } from './endpoint.ts'
import { execInUnit } from './exec.ts'
import type { ImageHealthChecks } from './image/image-health-check.ts'
import { readLogs } from './logs.ts'
import { containerStatus, FILES_CONTAINER, MAIN_CONTAINER } from './pod/container-status.ts'
import type { PodInformer, PodSnapshot } from './pod/informer.ts'
import type { PodRef } from './pod/pod-ref.ts'
import { stopUnit, type UnitResources } from './stop.ts'

/** A pod whose main container has started. */
export interface RunningPod {
  readonly ref: PodRef
  readonly uid: string
  readonly informer: PodInformer
  readonly resources: UnitResources
  readonly imageHealthChecks: ImageHealthChecks
  /** Options of kubectl that select the cluster. */
  readonly kubectlOptions: readonly string[]
}

/** The core's view of a running pod. */
export function createUnit(client: ApiClient, pod: RunningPod): Unit {
  const { ref, uid, informer, resources, imageHealthChecks, kubectlOptions } = pod
  const { route } = resources
  let stopping: Promise<void> | undefined
  const never = new AbortController().signal
  const podAddress = (): Promise<string> =>
    informer.waitFor(uid, ({ pod, deleted }) => pod?.status?.podIP ?? (deleted ? '' : undefined), never)
  // An end that `stop` causes does not count.
  const exited = informer.waitFor(uid, findExit, never).then((exit) => (stopping ? new Promise<never>(() => {}) : exit))
  // The log of a container ends with it. Another follows if the node starts the container again.
  const restarted = async (since: number, signal: AbortSignal): Promise<boolean> =>
    await informer.waitFor(
      uid,
      (snapshot) => (findExit(snapshot) ? false : restartCount(snapshot.pod) > since ? true : undefined),
      signal,
    )
  const restarts = { count: () => restartCount(informer.snapshot(uid).pod), next: restarted }
  return {
    // Siblings get the IP address: the host name resolves later, and resolvers cache a failed look-up.
    endpoint: async (port, from) =>
      from === 'network' ? { host: await podAddress(), port } : await resolveEndpoint(route, port, podAddress),
    portProblem: (port, signal) => findPortProblem(route, port, signal),
    inspect: `kubectl logs -n ${ref.namespace} ${ref.pod} -c main`,
    logs: (options) => readLogs(client, ref, { ...options, restarts }),
    exited,
    stop: () => (stopping ??= stopUnit(client, resources)),
    shell: (isTerminal) => ({ command: shellCommand(ref, kubectlOptions, isTerminal) }),
    exec: (command, signal) => execInUnit(client, ref, { command }, signal),
    imageHealthCheck: async (signal) =>
      await imageHealthChecks.find(
        {
          image: ref.image,
          imageId: containerStatus(informer.snapshot(uid).pod, MAIN_CONTAINER)?.imageID ?? '',
        },
        signal,
      ),
  }
}

function shellCommand(
  { namespace, pod }: PodRef,
  kubectlOptions: readonly string[],
  isTerminal: boolean,
): readonly string[] {
  const target = ['--namespace', namespace, pod, '--container', MAIN_CONTAINER]
  return ['kubectl', ...kubectlOptions, 'exec', isTerminal ? '-it' : '-i', ...target, '--', ...SHELL_IN_CONTAINER]
}

// Reasons in a pod's status. Source: Kubernetes, kubelet eviction, preemption and admission; node lifecycle controller.
const EVICTED =
  /^(Evicted|Preempting|Preempted|NodeShutdown|Terminated|NodeLost|NodeAffinity|OutOf\w+|UnexpectedAdmissionError)$/

/** How a pod ended; undefined while it runs. */
export function findExit({ pod, deleted }: PodSnapshot): Exit | undefined {
  const { reason = '', message = '', phase, conditions = [] } = pod?.status ?? {}
  if (EVICTED.test(reason)) return { reason: 'evicted', detail: message || reason }
  // The eviction API, a taint of the node, or preemption by a pod of higher priority.
  const disruption = conditions.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True')
  if (disruption) return { reason: 'evicted', detail: disruption.message ?? disruption.reason ?? 'by the cluster' }
  const terminated = mainState(pod)?.terminated
  if (reason === 'DeadlineExceeded') return { reason: 'exited', detail: 'it reached the maximum lifetime of a pod' }
  // The node starts the container again, unless the pod has ended.
  const isFinal = phase === 'Failed' || phase === 'Succeeded' || (pod?.spec?.restartPolicy ?? 'Never') === 'Never'
  if (terminated && isFinal) {
    const { exitCode: code } = terminated
    return {
      reason: 'exited',
      code,
      ...(terminated.reason === 'OOMKilled' ? { detail: outOfMemoryDetail(pod) } : {}),
      ...(code > 128 ? exitSignal(code) : {}),
    }
  }
  if (deleted || pod?.metadata.deletionTimestamp)
    return { reason: 'lost', detail: 'its pod was deleted by another client' }
  // Seen late: the main container started without what another one should have prepared.
  if ((containerStatus(pod, FILES_CONTAINER)?.state?.terminated?.exitCode ?? 0) !== 0)
    return { reason: 'lost', detail: 'its files or volumes could not be prepared' }
  if (phase === 'Failed' || phase === 'Succeeded') return { reason: 'exited', ...(message ? { detail: message } : {}) }
  return undefined
}

function outOfMemoryDetail(pod: Pod | undefined): string {
  const limit = pod?.spec?.containers?.find(({ name }) => name === MAIN_CONTAINER)?.resources?.limits?.memory
  if (limit === undefined) return 'out of memory'
  // The limit of a service is in bytes; see containerResources().
  const source = /^\d+$/.test(limit) ? 'its resources.memoryBytes' : 'kubernetes({ resources.limits.memory })'
  return `out of memory: its limit is ${limit}, from ${source}`
}

function restartCount(pod: Pod | undefined): number {
  return containerStatus(pod, MAIN_CONTAINER)?.restartCount ?? 0
}

function mainState(pod: Pod | undefined): ContainerState | undefined {
  return containerStatus(pod, MAIN_CONTAINER)?.state
}
