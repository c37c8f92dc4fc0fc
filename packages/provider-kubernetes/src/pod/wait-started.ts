import { MoorageError, type Report } from '@moorage/core/provider'
import type { Pod } from '../api/types.ts'
import type { Client } from '../api/client.ts'
import type { Delivery } from '../files.ts'
import { Diagnosis, startFault, type Subject } from './diagnosis.ts'
import type { PodInformer, PodSnapshot } from './informer.ts'

interface Starting {
  readonly subject: Subject
  readonly uid: string
  readonly observed: PodInformer
  readonly delivery: Delivery
}

// Milliseconds without any change after which somebody who waits is told.
const SILENT = 60_000

/** Waits for the main container's start, and sends it its files; rejects as soon as it is clear that it will never come. */
export async function untilStarted(
  { client, report }: { readonly client: Client; readonly report: Report },
  { subject, uid, observed, delivery }: Starting,
  signal: AbortSignal,
): Promise<void> {
  const diagnosis = new Diagnosis(subject)
  const end = Promise.withResolvers<void>()
  let timer: NodeJS.Timeout | undefined
  let silence: NodeJS.Timeout | undefined
  let told = ''
  let sending = false
  const heard = (): void => {
    clearTimeout(silence)
    silence = setTimeout(() => report.notice(silent(subject, observed.sight(uid))), SILENT)
    look()
  }
  const look = (): void => {
    const sight = observed.sight(uid)
    const { pod } = sight
    if (sight.gone) return end.reject(vanished(subject))
    const fault = pod && startFault(subject, pod)
    if (fault) return end.reject(fault)
    if (hasStarted(sight)) return end.resolve()
    if (!sending && pod?.status?.initContainerStatuses?.[0]?.state?.running) {
      sending = true
      delivery.gate?.send(client, subject, signal).catch(end.reject)
    }
    const standing = diagnosis.look(sight)
    if (standing.fault) return end.reject(standing.fault)
    const line = `${standing.phase} ${standing.detail ?? ''}`
    if (line !== told) report.phase(subject.service, standing.phase, standing.detail)
    told = line
    clearTimeout(timer)
    if (standing.again !== undefined) timer = setTimeout(look, standing.again + 5)
  }
  const off = observed.on(uid, heard)
  const onAbort = (): void => end.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  heard()
  await end.promise.finally(() => {
    off()
    clearTimeout(timer)
    clearTimeout(silence)
    signal.removeEventListener('abort', onAbort)
  })
}

/** By the event of the start: the pod's own state says so up to a second later. */
function hasStarted({ pod, events }: PodSnapshot): boolean {
  const said = events.some(
    ({ reason, involvedObject }) => reason === 'Started' && involvedObject.fieldPath === 'spec.containers{main}',
  )
  return said || hasRun(pod)
}

function hasRun(pod: Pod | undefined): boolean {
  const state = pod?.status?.containerStatuses?.find(({ name }) => name === 'main')?.state
  return (
    Boolean(state?.running ?? state?.terminated) ||
    pod?.status?.phase === 'Failed' ||
    pod?.status?.phase === 'Succeeded'
  )
}

function silent({ service, namespace, pod }: Subject, { events }: PodSnapshot): string {
  const { reason, message = '' } = events.at(-1) ?? {}
  const last = reason
    ? `the last that the cluster said is ${reason}: ${message.replace(/\.$/, '')}`
    : 'the cluster has said nothing about it'
  return `services.${service}: nothing has changed about its pod for ${SILENT / 1_000} s; ${last}. Look closer: kubectl describe pod ${pod} -n ${namespace}`
}

function vanished({ service, namespace, pod }: Subject): MoorageError {
  return new MoorageError('START_FAILED', `services.${service}: somebody else deleted its pod while it started.`, {
    service,
    provider: 'kubernetes',
    hint: `Who it was: kubectl get events -n ${namespace} --field-selector involvedObject.name=${pod}`,
  })
}
