import { exitSignal, type Exit, type Unit } from '@moorage/core/provider'
import type { Pod } from './api/types.ts'
import type { Client } from './api/client.ts'
import type { Subject } from './pod/diagnosis.ts'
import { execIn } from './exec.ts'
import { readLogs } from './logs.ts'
import type { PodInformer, PodSnapshot } from './pod/informer.ts'
import type { Route } from './endpoint.ts'

interface Running {
  readonly subject: Subject
  readonly uid: string
  readonly observed: PodInformer
  readonly route: Route
  /** Takes it down. */
  undo(): Promise<void>
}

export function unitOf(
  { client }: { readonly client: Client },
  { subject, uid, observed, route, undo }: Running,
): Unit {
  let stopping: Promise<void> | undefined
  const forever = new AbortController().signal
  const address = (): Promise<string> =>
    observed.until(uid, ({ pod, gone }) => pod?.status?.podIP ?? (gone ? '' : undefined), forever)
  const exited = observed.until(uid, exitOf, forever).then((exit) => (stopping ? new Promise<never>(() => {}) : exit))
  return {
    // The address, not the name: it is there at once, where a name comes late and its absence is remembered.
    endpoint: async (port, from) =>
      from === 'network' ? { host: await address(), port } : await route.endpoint(port, address),
    portProblem: (port, signal) => route.portProblem(port, signal),
    inspect: `kubectl logs -n ${subject.namespace} ${subject.pod}`,
    logs: (options) => readLogs(client, subject, options),
    exited,
    stop: () => (stopping ??= undo()),
    exec: (command, signal) => execIn(client, subject, { command }, signal),
  }
}

// Source: Kubernetes, kubelet's eviction, preemption and admission, and node lifecycle: reasons of a pod's status.
const EVICTED =
  /^(Evicted|Preempting|Preempted|NodeShutdown|Terminated|NodeLost|NodeAffinity|OutOf\w+|UnexpectedAdmissionError)$/

export function exitOf({ pod, gone }: PodSnapshot): Exit | undefined {
  const { reason = '', message = '', phase, conditions = [] } = pod?.status ?? {}
  if (EVICTED.test(reason)) return { reason: 'evicted', detail: message || reason }
  // By the eviction API, a taint of the node, or a pod of higher priority.
  const disrupted = conditions.find(({ type, status }) => type === 'DisruptionTarget' && status === 'True')
  if (disrupted) return { reason: 'evicted', detail: disrupted.message ?? disrupted.reason ?? 'by the cluster' }
  const terminated = mainOf(pod)?.terminated
  if (reason === 'DeadlineExceeded') return { reason: 'exited', detail: 'it ran for as long as a pod may' }
  if (terminated) {
    const { exitCode: code } = terminated
    return {
      reason: 'exited',
      code,
      ...(terminated.reason === 'OOMKilled' ? { detail: outOfMemory(pod) } : {}),
      ...(code > 128 ? exitSignal(code) : {}),
    }
  }
  if (gone || pod?.metadata.deletionTimestamp) return { reason: 'lost', detail: 'somebody else deleted its pod' }
  if (phase === 'Failed' || phase === 'Succeeded') return { reason: 'exited', ...(message ? { detail: message } : {}) }
  return undefined
}

function outOfMemory(pod: Pod | undefined): string {
  const limit = pod?.spec?.containers?.find(({ name }) => name === 'main')?.resources?.limits?.memory
  return limit === undefined
    ? 'out of memory'
    : `out of memory: its limit is ${limit}, resources.limits.memory of kubernetes()`
}

function mainOf(pod: Pod | undefined): NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number]['state'] {
  return pod?.status?.containerStatuses?.find(({ name }) => name === 'main')?.state
}
