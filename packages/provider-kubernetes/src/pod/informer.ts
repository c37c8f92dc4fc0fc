import type { Report } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import type { ApiEvent, Pod } from '../api/types.ts'
import { watch } from '../api/watch.ts'
import { RUN_LABEL } from '../labels.ts'

export interface InformerOptions {
  readonly namespace: string
  readonly runId: string
  /** Resource version after which events count: earlier ones belong to other runs. */
  readonly fromVersion: string
  readonly report: Report
  /** Ends the watches. */
  readonly signal: AbortSignal
}

/** What is known of a pod at one moment. */
export interface PodSnapshot {
  /** The last known state; undefined before the watch has seen the pod. */
  readonly pod: Pod | undefined
  readonly deleted: boolean
  /** The events about the pod, in the order of their last change. */
  readonly events: readonly ApiEvent[]
}

/** Caches the pods of a run and their events: one watch for all pods, and one for all events. */
export class PodInformer {
  readonly #pods = new Map<string, { readonly pod: Pod; readonly deleted: boolean }>()
  readonly #events = new Map<string, ApiEvent[]>()
  readonly #listeners = new Map<string, Set<() => void>>()

  constructor(client: ApiClient, options: InformerOptions) {
    const { report } = options
    void this.#watchPods(client, options).catch((error: unknown) =>
      report.notice(`The pods of the run cannot be watched: ${String(error)}`),
    )
    // Without this permission, only the pods themselves show why they do not start.
    void this.#watchEvents(client, options).catch(() =>
      report.notice(
        'Events cannot be watched (verbs list, watch): messages may lack the reason why a pod does not start.',
      ),
    )
  }

  snapshot(uid: string): PodSnapshot {
    const known = this.#pods.get(uid)
    return { pod: known?.pod, deleted: known?.deleted ?? false, events: this.#events.get(uid) ?? [] }
  }

  /** Whether an existing pod of the run has this IP address. */
  hasAddress(address: string): boolean {
    return [...this.#pods.values()].some(({ pod, deleted }) => !deleted && pod.status?.podIP === address)
  }

  /** Calls the listener after each change of a pod or its events. Returns the function that unsubscribes it. */
  subscribe(uid: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(uid) ?? new Set()
    this.#listeners.set(uid, listeners.add(listener))
    return () => void listeners.delete(listener)
  }

  /** Resolves with the first value that `select` returns. Rejects with the reason of the signal. */
  async waitFor<T>(uid: string, select: (snapshot: PodSnapshot) => T | undefined, signal: AbortSignal): Promise<T> {
    const found = Promise.withResolvers<T>()
    const check = (): void => {
      const value = select(this.snapshot(uid))
      if (value !== undefined) found.resolve(value)
    }
    const onAbort = (): void => found.reject(signal.reason)
    const unsubscribe = this.subscribe(uid, check)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    check()
    return await found.promise.finally(() => {
      unsubscribe()
      signal.removeEventListener('abort', onAbort)
    })
  }

  async #watchPods(client: ApiClient, { namespace, runId, signal, report }: InformerOptions): Promise<void> {
    const changes = watch<Pod>(client, {
      path: `/api/v1/namespaces/${namespace}/pods`,
      query: { labelSelector: `${RUN_LABEL}=${runId}` },
      signal,
      onOutage: () => report.notice('The Kubernetes API does not answer. The run continues and keeps reconnecting.'),
    })
    for await (const { type, object } of changes) {
      this.#pods.set(object.metadata.uid, { pod: object, deleted: type === 'DELETED' })
      this.#notify(object.metadata.uid)
    }
  }

  async #watchEvents(client: ApiClient, { namespace, fromVersion, signal }: InformerOptions): Promise<void> {
    const changes = watch<ApiEvent>(client, {
      path: `/api/v1/namespaces/${namespace}/events`,
      query: { fieldSelector: 'involvedObject.kind=Pod' },
      fromVersion,
      signal,
    })
    for await (const { type, object } of changes) {
      const uid = object.involvedObject.uid
      if (!uid || type === 'DELETED') continue
      // An event that repeats is updated in place: it moves to the end.
      const others = (this.#events.get(uid) ?? []).filter((event) => event.metadata.uid !== object.metadata.uid)
      this.#events.set(uid, [...others, object])
      this.#notify(uid)
    }
  }

  #notify(uid: string): void {
    for (const listener of this.#listeners.get(uid) ?? []) listener()
  }
}
