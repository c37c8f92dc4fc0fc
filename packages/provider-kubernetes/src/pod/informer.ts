import type { Report } from '@moorage/core/provider'
import type { ApiEvent, Pod } from '../api/types.ts'
import type { Client } from '../api/client.ts'
import { RUN } from '../labels.ts'
import { watch } from '../api/watch.ts'

interface Scope {
  readonly namespace: string
  readonly run: string
  /** Where events begin: older ones are other runs'. */
  readonly version: string
  readonly report: Report
  readonly over: AbortSignal
}

export interface PodSnapshot {
  readonly pod: Pod | undefined
  readonly gone: boolean
  readonly events: readonly ApiEvent[]
}

/** What is known of a run's pods: one watch for all of them, and one for what the cluster says about them. */
export class PodInformer {
  readonly #pods = new Map<string, { readonly pod: Pod; readonly gone: boolean }>()
  readonly #events = new Map<string, ApiEvent[]>()
  readonly #listeners = new Map<string, Set<() => void>>()

  constructor(client: Client, scope: Scope) {
    void this.#watchPods(client, scope).catch((error: unknown) =>
      scope.report.notice(`The pods of the run cannot be watched: ${String(error)}`),
    )
    // Without the permission causes are told by the pods alone.
    void this.#watchEvents(client, scope).catch(() =>
      scope.report.notice('Events cannot be watched (verbs list, watch): why a pod does not start may stay unsaid.'),
    )
  }

  sight(uid: string): PodSnapshot {
    const seen = this.#pods.get(uid)
    return { pod: seen?.pod, gone: seen?.gone ?? false, events: this.#events.get(uid) ?? [] }
  }

  /** Whether a pod of the run has it now. */
  hasAddress(address: string): boolean {
    return [...this.#pods.values()].some(({ pod, gone }) => !gone && pod.status?.podIP === address)
  }

  /** Called after each change of a pod, or of what is said about it. Gives the way out. */
  on(uid: string, listener: () => void): () => void {
    const set = this.#listeners.get(uid) ?? new Set()
    this.#listeners.set(uid, set.add(listener))
    return () => void set.delete(listener)
  }

  /** Resolves with the first value that `look` finds. */
  async until<T>(uid: string, look: (sight: PodSnapshot) => T | undefined, signal: AbortSignal): Promise<T> {
    const found = Promise.withResolvers<T>()
    const check = (): void => {
      const value = look(this.sight(uid))
      if (value !== undefined) found.resolve(value)
    }
    const onAbort = (): void => found.reject(signal.reason)
    const off = this.on(uid, check)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    check()
    return await found.promise.finally(() => {
      off()
      signal.removeEventListener('abort', onAbort)
    })
  }

  async #watchPods(client: Client, { namespace, run, over, report }: Scope): Promise<void> {
    const trouble = (): void => report.notice('The Kubernetes API went away; the run goes on, and looks for it again.')
    const changes = watch<Pod>(client, {
      path: `/api/v1/namespaces/${namespace}/pods`,
      query: { labelSelector: `${RUN}=${run}` },
      over,
      trouble,
    })
    for await (const { type, object } of changes) {
      this.#pods.set(object.metadata.uid, { pod: object, gone: type === 'DELETED' })
      this.#notify(object.metadata.uid)
    }
  }

  async #watchEvents(client: Client, { namespace, version, over }: Scope): Promise<void> {
    const changes = watch<ApiEvent>(client, {
      path: `/api/v1/namespaces/${namespace}/events`,
      query: { fieldSelector: 'involvedObject.kind=Pod' },
      from: version,
      over,
    })
    for await (const { type, object } of changes) {
      const uid = object.involvedObject.uid
      if (!uid || type === 'DELETED') continue
      this.#events.set(uid, [
        ...(this.#events.get(uid) ?? []).filter((event) => event.metadata.uid !== object.metadata.uid),
        object,
      ])
      this.#notify(uid)
    }
  }

  #notify(uid: string): void {
    for (const listener of this.#listeners.get(uid) ?? []) listener()
  }
}
