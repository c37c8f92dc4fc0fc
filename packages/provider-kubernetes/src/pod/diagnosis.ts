import { MoorageError, type ErrorDetails, type Phase } from '@moorage/core/provider'
import type { ApiEvent, Pod, Waiting } from '../api/types.ts'
import type { PodSnapshot } from './informer.ts'

/** Where a pod stands on its way; or why it will never get there. */
export interface PodProgress {
  readonly phase: Phase
  readonly detail?: string
  readonly fault?: MoorageError
  /** Look again after so many milliseconds, even if nothing changes. */
  readonly again?: number
}

export interface Subject {
  readonly service: string
  /** What messages begin with. Default: the service's place in the config. */
  readonly at?: string
  readonly image: string
  readonly pod: string
  readonly namespace: string
}

/** A cause that may pass by itself: how often it may be seen, and for how many milliseconds. */
interface Tolerance {
  readonly times?: number
  readonly ms: number
}

const NONE: Tolerance = { ms: 0 }
const PATIENT: Tolerance = { ms: 180_000 }

/**
 * Reads a pod's state and the events about it. The tolerances are those of the never-ready table: what the cluster
 * mends by itself is waited for, everything else fails at once, with the first cause that was seen.
 */
export class Diagnosis {
  readonly #subject: Subject
  readonly #now: () => number
  readonly #first = new Map<string, { readonly at: number; readonly text: string; last: string; times: number }>()

  constructor(subject: Subject, now: () => number = () => performance.now()) {
    this.#subject = subject
    this.#now = now
  }

  look({ pod, events }: PodSnapshot): PodProgress {
    const unschedulable = pod?.status?.conditions?.find(
      ({ type, status }) => type === 'PodScheduled' && status === 'False',
    )
    // A node that is being made takes minutes: as long as an image may.
    const growing = events.findLast(({ reason }) => reason === 'TriggeredScaleUp')
    if (!pod?.spec?.nodeName && growing)
      return { phase: 'pull', detail: `waiting for a new node: ${brief(growing.message ?? '')}` }
    if (!pod?.spec?.nodeName)
      return { phase: 'schedule', ...(unschedulable?.message ? { detail: unschedulable.message } : {}) }
    const waiting = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]
      .map(({ state }) => state?.waiting)
      .find((state) => state?.reason && state.reason !== 'ContainerCreating' && state.reason !== 'PodInitializing')
    if (waiting) return this.#waiting(waiting, events)
    const failing = events.findLast(({ reason }) =>
      /^(FailedMount|FailedCreatePodSandBox|NetworkNotReady)$/.test(reason ?? ''),
    )
    const moved = events.some(({ reason }) => reason === 'Pulling' || reason === 'Pulled')
    if (failing && !moved) return this.#tolerate(failing.reason ?? '', failing.message ?? '', { ms: 60_000 })
    const pulling = events.findLast(({ reason }) => reason === 'Pulling' || reason === 'Pulled')?.reason === 'Pulling'
    if (pulling) return { phase: 'pull', detail: this.#subject.image }
    return { phase: events.some(({ reason }) => reason === 'Pulled') ? 'start' : 'pull' }
  }

  #waiting({ reason = '', message = '' }: Waiting, events: readonly ApiEvent[]): PodProgress {
    if (
      /^(ErrImagePull|ImagePullBackOff|ImageInspectError|RegistryUnavailable|SignatureValidationFailed)$/.test(reason)
    ) {
      // The back-off says less than the failure before it.
      const cause =
        reason === 'ImagePullBackOff'
          ? (events.findLast((event) => event.reason === 'Failed' && /pull/i.test(event.message ?? ''))?.message ??
            message)
          : message
      const tries = events
        .filter((event) => event.reason === 'Failed' && /Failed to pull/.test(event.message ?? ''))
        .reduce((sum, { count = 1 }) => sum + count, 0)
      return this.#tolerate('pull', cause, FINAL.test(cause) ? { times: 2, ms: 30_000 } : PATIENT, tries)
    }
    if (reason === 'CreateContainerConfigError') return this.#tolerate(reason, message, { ms: 5_000 })
    if (reason === 'CreateContainerError' && /context deadline exceeded/.test(message))
      return this.#tolerate(reason, message, { ms: 120_000 })
    return this.#tolerate(reason, message, NONE)
  }

  #tolerate(key: string, text: string, { times, ms }: Tolerance, seen?: number): PodProgress {
    const known = this.#first.get(key) ?? { at: this.#now(), text, last: '', times: 0 }
    if (known.last !== text || seen !== undefined) known.times = seen ?? known.times + 1
    known.last = text
    this.#first.set(key, known)
    const left = ms - (this.#now() - known.at)
    const phase: Phase = key === 'pull' || key === 'InvalidImageName' || key === 'ErrImageNeverPull' ? 'pull' : 'start'
    if (left <= 0 || (times !== undefined && known.times >= times))
      return { phase, fault: faultOf(this.#subject, key, known.text) }
    return { phase, detail: `${brief(known.text)}; waiting whether it passes`, again: left }
  }
}

// Of the registry's words, those that another try does not change: no such name, no right to it, no such platform.
const FINAL =
  /not found|manifest unknown|no match for platform|denied|unauthorized|forbidden|signature|invalid reference/i

function faultOf(subject: Subject, key: string, text: string): MoorageError {
  const { service, at = `services.${service}`, image, pod, namespace } = subject
  const details: ErrorDetails = { service, provider: 'kubernetes', phase: key === 'pull' ? 'pull' : 'start' }
  const look = `kubectl describe pod ${pod} -n ${namespace}`
  const said = brief(text)
  if (key === 'InvalidImageName')
    return new MoorageError('CONFIG_INVALID', `${at}.image: '${image}' is not the name of an image.`, {
      ...details,
      hint: 'Write it as in postgres:17.',
    })
  if (key === 'ErrImageNeverPull')
    return new MoorageError('IMAGE_NOT_FOUND', `${at}.image: the node does not have ${image}, and may not pull it.`, {
      ...details,
      hint: `Put it on the node, or push it to a registry: ${look}`,
    })
  if (key === 'pull' && /denied|unauthorized|forbidden/i.test(text)) {
    return new MoorageError('IMAGE_NOT_FOUND', `${at}.image: the registry does not give ${image} to this cluster.`, {
      ...details,
      hint: `It says: ${said}\nCorrect the name, or name a secret for it, kubernetes({ imagePullSecrets: ['NAME'] }): kubectl create secret docker-registry NAME -n ${namespace} …`,
    })
  }
  if (key === 'pull' && FINAL.test(text)) {
    return new MoorageError('IMAGE_NOT_FOUND', `${at}.image: there is no image ${image} that the cluster can pull.`, {
      ...details,
      hint: `It says: ${said}\nCorrect the name or the tag. Look closer: ${look}`,
    })
  }
  if (key === 'pull' && /toomanyrequests|429|rate limit/i.test(text)) {
    return new MoorageError(
      'START_FAILED',
      `${at}.image: the registry refuses ${image} for now: its pull limit is reached.`,
      {
        ...details,
        hint: `It says: ${said}\nLog in, kubernetes({ imagePullSecrets: ['NAME'] }), or pull through a mirror: kubectl create secret docker-registry NAME -n ${namespace} …`,
      },
    )
  }
  if (key === 'pull')
    return new MoorageError('START_FAILED', `${at}.image: ${image} could not be pulled.`, {
      ...details,
      hint: `The cluster says: ${said}\nThe node and the registry have to reach each other: ${look}`,
    })
  if (/exec format error/i.test(text)) {
    return new MoorageError('START_FAILED', `${at}: what ${image} runs is no program for its node's processor.`, {
      ...details,
      hint: `The node says: ${said}\nUse an image, or a command, for that processor: kubectl get nodes -L kubernetes.io/arch`,
    })
  }
  if (/executable file not found|no such file or directory|permission denied/i.test(text)) {
    return new MoorageError('START_FAILED', `${at}.command: ${image} cannot run it.`, {
      ...details,
      hint: `The node says: ${said}\nCorrect the command; it must exist inside the image.`,
    })
  }
  if (/runAsNonRoot/.test(text)) {
    return new MoorageError('START_FAILED', `${at}.user: ${image} runs as root, or as a user without a number.`, {
      ...details,
      hint: `The node says: ${said}\nGive a numeric one, as in user: '1000:1000'.`,
    })
  }
  return new MoorageError('START_FAILED', `${at}: the cluster did not start it: ${said} (${key}).`, {
    ...details,
    hint: `Look closer: ${look}`,
  })
}

/** A container that the node could not even start counts as not started, not as ended. */
export function startFault(subject: Subject, pod: Pod): MoorageError | undefined {
  const terminated = pod.status?.containerStatuses?.[0]?.state?.terminated
  if (!terminated || !/^(StartError|ContainerCannotRun)$/.test(terminated.reason ?? '')) return undefined
  return faultOf(subject, 'StartError', terminated.message ?? 'it could not be started')
}

function brief(text: string): string {
  return text.replace(/\s+/g, ' ').trim().slice(0, 400).replace(/\.$/, '')
}
