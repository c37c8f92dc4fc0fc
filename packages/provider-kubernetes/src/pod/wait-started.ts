import { messageOf, MoorageError, type Report } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import type { Pod } from '../api/types.ts'
import type { FileDelivery } from '../files.ts'
import { containerStatus, MAIN_CONTAINER } from './container-status.ts'
import { Diagnosis } from './diagnosis.ts'
import type { PodInformer, PodSnapshot } from './informer.ts'
import type { PodRef } from './pod-ref.ts'
import { findFailureBeside, isPreparing } from './preparing-container.ts'
import { findContainerStartError, initError } from './start-errors.ts'

export interface StartingPod {
  readonly ref: PodRef
  readonly uid: string
  readonly informer: PodInformer
  readonly delivery: FileDelivery
  /** Whether another container prepares the volumes beside the main one. */
  readonly preparedBeside: boolean
}

const SILENCE_NOTICE_MS = 60_000
// Added to a recheck, so that its tolerance is over for certain.
const RECHECK_MARGIN_MS = 5

/**
 * Waits until the main container has started, and uploads its files when the container that receives them runs. Reports
 * each phase, and prints one notice when nothing changes for 60 s.
 *
 * Throws MoorageError (START_FAILED, IMAGE_NOT_FOUND, CONFIG_INVALID) as soon as the start cannot succeed, or the
 * reason of the signal.
 */
export async function waitUntilStarted(
  { client, report }: { readonly client: ApiClient; readonly report: Report },
  { ref, uid, informer, delivery, preparedBeside }: StartingPod,
  signal: AbortSignal,
): Promise<void> {
  const diagnosis = new Diagnosis(ref)
  const started = Promise.withResolvers<void>()
  let recheckTimer: NodeJS.Timeout | undefined
  let silenceTimer: NodeJS.Timeout | undefined
  let lastReported = ''
  let uploading = false
  const onChange = (): void => {
    clearTimeout(silenceTimer)
    silenceTimer = setTimeout(() => report.notice(silenceNotice(ref, informer.snapshot(uid))), SILENCE_NOTICE_MS)
    assess()
  }
  const assess = (): void => {
    const snapshot = informer.snapshot(uid)
    const { pod } = snapshot
    if (snapshot.deleted) return started.reject(deletedError(ref))
    const startError = pod && findContainerStartError(ref, pod)
    if (startError) return started.reject(startError)
    const hasMainStarted = hasStarted(snapshot)
    const failure = preparedBeside ? findFailureBeside(snapshot, hasMainStarted) : undefined
    if (failure !== undefined) return started.reject(initError(ref, failure))
    if (hasMainStarted) return started.resolve()
    if (!uploading && isPreparing(snapshot)) {
      uploading = true
      delivery.send?.(client, ref, signal).catch((error: unknown) => {
        started.reject(preparedBeside && !signal.aborted ? initError(ref, messageOf(error)) : error)
      })
    }
    const progress = diagnosis.assess(snapshot)
    if (progress.error) return started.reject(progress.error)
    const line = `${progress.phase} ${progress.detail ?? ''}`
    if (line !== lastReported) report.phase(ref.service, progress.phase, progress.detail)
    lastReported = line
    clearTimeout(recheckTimer)
    if (progress.recheckMs !== undefined) recheckTimer = setTimeout(assess, progress.recheckMs + RECHECK_MARGIN_MS)
  }
  const unsubscribe = informer.subscribe(uid, onChange)
  const onAbort = (): void => started.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  onChange()
  await started.promise.finally(() => {
    unsubscribe()
    clearTimeout(recheckTimer)
    clearTimeout(silenceTimer)
    signal.removeEventListener('abort', onAbort)
  })
}

/** Uses the `Started` event, because the state of the pod follows up to a second later. */
function hasStarted({ pod, events }: PodSnapshot): boolean {
  const startedEvent = events.some(
    ({ reason, involvedObject }) =>
      reason === 'Started' && involvedObject.fieldPath === `spec.containers{${MAIN_CONTAINER}}`,
  )
  return startedEvent || hasRun(pod)
}

function hasRun(pod: Pod | undefined): boolean {
  const state = containerStatus(pod, MAIN_CONTAINER)?.state
  const phase = pod?.status?.phase
  return Boolean(state?.running ?? state?.terminated) || phase === 'Failed' || phase === 'Succeeded'
}

function silenceNotice({ service, namespace, pod }: PodRef, { events }: PodSnapshot): string {
  const { reason, message = '' } = events.at(-1) ?? {}
  const lastEvent = reason
    ? `The last event is ${reason}: ${message.replace(/\.$/, '')}`
    : 'The cluster has reported no event about it'
  return (
    `services.${service}: its pod has not changed for ${SILENCE_NOTICE_MS / 1_000} s. ${lastEvent}. ` +
    `Inspect it with: kubectl describe pod ${pod} -n ${namespace}`
  )
}

function deletedError({ service, namespace, pod }: PodRef): MoorageError {
  return new MoorageError(
    'START_FAILED',
    `services.${service}: its pod was deleted by another client while it started.`,
    {
      service,
      provider: 'kubernetes',
      hint: `Find the cause with: kubectl get events -n ${namespace} --field-selector involvedObject.name=${pod}`,
    },
  )
}
