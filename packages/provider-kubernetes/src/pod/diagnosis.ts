import type { MoorageError, Phase } from '@moorage/core/provider'
import type { ApiEvent, ContainerStatus, Pod, Waiting } from '../api/types.ts'
import { containerStatuses, FILES_CONTAINER, isInjected, MAIN_CONTAINER } from './container-status.ts'
import type { PodSnapshot } from './informer.ts'
import type { PodRef } from './pod-ref.ts'
import {
  initError,
  injectedContainerError,
  isImageReason,
  PERMANENT_PULL_ERROR,
  shorten,
  toStartError,
} from './start-errors.ts'

/** How far the start of a pod is, or why it fails. */
export interface PodProgress {
  readonly phase: Phase
  readonly detail?: string
  readonly error?: MoorageError
  /** Milliseconds after which to assess again, even if nothing changes. */
  readonly recheckMs?: number
}

/** How long a failure that may pass is tolerated. */
interface Tolerance {
  /** Attempts after which it is final. Default: no limit. */
  readonly maxAttempts?: number
  readonly durationMs: number
}

const NO_TOLERANCE: Tolerance = { durationMs: 0 }
const CONFIG_TOLERANCE: Tolerance = { durationMs: 5_000 }
const NODE_TOLERANCE: Tolerance = { durationMs: 60_000 }
const RUNTIME_TOLERANCE: Tolerance = { durationMs: 120_000 }
const PULL_TOLERANCE: Tolerance = { durationMs: 180_000 }
const PERMANENT_PULL_TOLERANCE: Tolerance = { maxAttempts: 2, durationMs: 30_000 }

// Source: kubernetes, pkg/kubelet/images/types.go.
const PULL_REASON = /^(ErrImagePull|ImagePullBackOff|ImageInspectError|RegistryUnavailable|SignatureValidationFailed)$/
// Sources: Cluster Autoscaler, FAQ, events; Karpenter, pkg/controllers/provisioning/scheduling/events.go.
const SCALE_UP_REASON = /^(TriggeredScaleUp|Nominated)$/
// Source: kubernetes, pkg/kubelet/events/event.go.
const NODE_FAILURE_REASON = /^(FailedMount|FailedCreatePodSandBox|NetworkNotReady)$/

interface Failure {
  readonly firstSeenAt: number
  readonly firstText: string
  lastText: string
  attempts: number
}

/**
 * Assesses the start of one pod from its state and its events. It tolerates failures that the cluster may repair by
 * itself, each for its own time, and reports every other failure at once, with the first cause that it saw.
 */
export class Diagnosis {
  readonly #ref: PodRef
  readonly #now: () => number
  readonly #failures = new Map<string, Failure>()

  /** `now` is a monotonic clock in milliseconds. Default: `performance.now()`. */
  constructor(ref: PodRef, now: () => number = () => performance.now()) {
    this.#ref = ref
    this.#now = now
  }

  assess({ pod, events }: PodSnapshot): PodProgress {
    if (!pod?.spec?.nodeName) return unscheduled(pod, events)
    const waiting = containerStatuses(pod).find(({ state }) => {
      const reason = state?.waiting?.reason
      return reason && reason !== 'ContainerCreating' && reason !== 'PodInitializing'
    })
    if (waiting?.state?.waiting) return this.#assessWaiting(waiting, waiting.state.waiting, events)
    const pulls = events.filter(({ reason }) => reason === 'Pulling' || reason === 'Pulled')
    const nodeFailure = events.findLast(({ reason }) => NODE_FAILURE_REASON.test(reason ?? ''))
    if (nodeFailure && !pulls.length)
      return this.#tolerate(nodeFailure.reason ?? '', nodeFailure.message ?? '', NODE_TOLERANCE)
    if (pulls.at(-1)?.reason === 'Pulling') return { phase: 'pull', detail: this.#ref.image }
    return { phase: pulls.some(({ reason }) => reason === 'Pulled') ? 'start' : 'pull' }
  }

  #assessWaiting(
    status: ContainerStatus,
    { reason = '', message = '' }: Waiting,
    events: readonly ApiEvent[],
  ): PodProgress {
    if (isInjected(status)) return this.#assessInjected(status, `${reason} ${message}`)
    // Where the node restarts containers, the init container never ends by itself.
    if (status.name === FILES_CONTAINER && /^(RunContainerError|CrashLoopBackOff)$/.test(reason))
      return { phase: 'start', error: initError(this.#ref, `${reason}: ${message}`) }
    if (status.name === MAIN_CONTAINER && reason === 'CrashLoopBackOff')
      return { phase: 'start', detail: shorten(message) }
    if (PULL_REASON.test(reason)) {
      const failed = events.filter((event) => event.reason === 'Failed')
      // The message of the back-off omits the cause; the event before it has the cause.
      const cause =
        reason === 'ImagePullBackOff'
          ? (failed.findLast((event) => /pull/i.test(event.message ?? ''))?.message ?? message)
          : message
      const attempts = failed
        .filter((event) => /Failed to pull/.test(event.message ?? ''))
        .reduce((sum, { count = 1 }) => sum + count, 0)
      const tolerance = PERMANENT_PULL_ERROR.test(cause) ? PERMANENT_PULL_TOLERANCE : PULL_TOLERANCE
      return this.#tolerate('pull', cause, tolerance, attempts)
    }
    if (reason === 'CreateContainerConfigError') return this.#tolerate(reason, message, CONFIG_TOLERANCE)
    if (reason === 'CreateContainerError' && /context deadline exceeded/.test(message))
      return this.#tolerate(reason, message, RUNTIME_TOLERANCE)
    return this.#tolerate(reason, message, NO_TOLERANCE)
  }

  /** A container of the cluster may fail for a while, until what it needs is there. */
  #assessInjected(status: ContainerStatus, text: string): PodProgress {
    const key = `injected ${status.name}`
    const since = this.#failures.get(key)?.firstSeenAt ?? this.#now()
    this.#failures.set(key, { firstSeenAt: since, firstText: text, lastText: text, attempts: 1 })
    const leftMs = NODE_TOLERANCE.durationMs - (this.#now() - since)
    if (leftMs <= 0) return { phase: 'start', error: injectedContainerError(this.#ref, status.name, text) }
    return { phase: 'start', detail: `container ${status.name} of the cluster: ${shorten(text)}`, recheckMs: leftMs }
  }

  /** `attempts` counts them where events do; otherwise each change of the text counts as one. */
  #tolerate(reason: string, text: string, { maxAttempts, durationMs }: Tolerance, attempts?: number): PodProgress {
    const failure = this.#failures.get(reason) ?? {
      firstSeenAt: this.#now(),
      firstText: text,
      lastText: '',
      attempts: 0,
    }
    if (failure.lastText !== text || attempts !== undefined) failure.attempts = attempts ?? failure.attempts + 1
    failure.lastText = text
    this.#failures.set(reason, failure)
    const leftMs = durationMs - (this.#now() - failure.firstSeenAt)
    const phase: Phase = isImageReason(reason) ? 'pull' : 'start'
    if (leftMs <= 0 || (maxAttempts !== undefined && failure.attempts >= maxAttempts))
      return { phase, error: toStartError(this.#ref, reason, failure.firstText) }
    return { phase, detail: `${shorten(failure.firstText)}; retrying`, recheckMs: leftMs }
  }
}

function unscheduled(pod: Pod | undefined, events: readonly ApiEvent[]): PodProgress {
  // A new node takes minutes: it gets the time limit of an image.
  const scaleUp = events.findLast(({ reason }) => SCALE_UP_REASON.test(reason ?? ''))
  if (scaleUp) return { phase: 'pull', detail: `waiting for a new node: ${shorten(scaleUp.message ?? '')}` }
  const condition = pod?.status?.conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False')
  return { phase: 'schedule', ...(condition?.message ? { detail: condition.message } : {}) }
}
