import type { ContainerStatus, Pod } from '../api/types.ts'

/** The container of the service. */
export const MAIN_CONTAINER = 'main'
/** The init container that receives the files of the service. */
export const FILES_CONTAINER = 'files'
/** The containers of a namespace deleter, in this order. */
export const WAIT_CONTAINER = 'wait'
export const DELETE_CONTAINER = 'delete'

const OWN_CONTAINERS: readonly string[] = [MAIN_CONTAINER, FILES_CONTAINER, WAIT_CONTAINER, DELETE_CONTAINER]

/** The status of a container that moorage asked for, by its name: the cluster may add others, before or after it. */
export function containerStatus(pod: Pod | undefined, name: string): ContainerStatus | undefined {
  return allStatuses(pod).find((status) => status.name === name)
}

/** The statuses of all containers: those of moorage first, then those that the cluster has added. */
export function containerStatuses(pod: Pod | undefined): readonly ContainerStatus[] {
  const all = allStatuses(pod)
  return [...all.filter((status) => !isInjected(status)), ...all.filter(isInjected)]
}

/** Whether the cluster has added a container, for example a service mesh. */
export function isInjected({ name }: ContainerStatus): boolean {
  return !OWN_CONTAINERS.includes(name)
}

function allStatuses(pod: Pod | undefined): readonly ContainerStatus[] {
  const { initContainerStatuses = [], containerStatuses: statuses = [] } = pod?.status ?? {}
  return [...initContainerStatuses, ...statuses]
}

/**
 * Labels and annotations of every pod that keep the usual injectors from adding containers. Each injector looks at a
 * label or at an annotation, depending on its version, so pods carry them as both.
 *
 * Sources: istio.io "Installing the Sidecar",
 * linkerd.io "Automatic Proxy Injection", kuma.io "Data plane on Kubernetes", Consul "Annotations and labels", Datadog
 * "Admission controller".
 */
export const INJECTION_OPT_OUTS: { readonly [name: string]: string } = {
  'sidecar.istio.io/inject': 'false',
  'linkerd.io/inject': 'disabled',
  'kuma.io/sidecar-injection': 'disabled',
  'consul.hashicorp.com/connect-inject': 'false',
  'admission.datadoghq.com/enabled': 'false',
}

/**
 * Annotations of the pods of services, so that no autoscaler moves one: a moved database loses its data.
 *
 * Sources: Cluster Autoscaler, FAQ, "What types of pods can prevent CA from removing a node?"; Karpenter, "Disruption",
 * pod-level controls.
 */
export const EVICTION_OPT_OUTS: { readonly [name: string]: string } = {
  'cluster-autoscaler.kubernetes.io/safe-to-evict': 'false',
  'karpenter.sh/do-not-disrupt': 'true',
}
