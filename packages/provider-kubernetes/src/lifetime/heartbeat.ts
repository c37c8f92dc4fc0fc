import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf, type Report } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import type { ApiRequest, ApiResponse } from '../api/types.ts'
import { refusalMessage } from '../errors.ts'

export interface HeartbeatOptions {
  readonly intervalMs: number
  /** Seconds for which the run lives without a heartbeat; for notices. */
  readonly graceSeconds: number
  /** What the heartbeat renews; for notices. */
  readonly objectName: string
  /** Ends the heartbeats. */
  readonly signal: AbortSignal
  readonly report: Report
  /**
   * Path and merge patch of the next renewal. The patch names the UID of the object, so that another one of the same
   * name is not renewed.
   */
  renewal(): Pick<ApiRequest, 'path' | 'body'>
}

/**
 * Renews an object until the signal aborts or the object no longer exists. Every other refusal may pass: the object was
 * changed at the same moment (409), or a right or an authorizer is missing for a while (403). The first of several
 * failures in a row becomes a notice; after a failure the next attempt follows in a quarter of the interval. Never
 * rejects.
 */
export async function renewPeriodically(
  client: ApiClient,
  { intervalMs, graceSeconds, objectName, signal, report, renewal }: HeartbeatOptions,
): Promise<void> {
  for (let failed = false; ;) {
    await sleep(failed ? intervalMs / 4 : intervalMs, undefined, { signal, ref: false }).catch(() => {})
    if (signal.aborted) return
    const request: ApiRequest = { method: 'PATCH', ...renewal(), signal }
    const response = await client.call(request).catch((error: unknown) => ({ error }))
    if (signal.aborted) return
    if (!('error' in response) && isGone(response)) {
      report.notice(`The cluster deleted the run: its ${objectName} no longer exists (${refusalMessage(response)}).`)
      return
    }
    const problem = failureOf(response)
    if (problem && !failed)
      report.notice(`${problem}. The run survives ${graceSeconds} s without a heartbeat; moorage keeps trying.`)
    failed = problem !== undefined
  }
}

/** 404, or another object under the name: its UID cannot be patched (422). */
function isGone({ status, body }: ApiResponse): boolean {
  return status === 404 || (status === 422 && /metadata\.uid/.test(refusalMessage({ status, body })))
}

function failureOf(response: ApiResponse | { readonly error: unknown }): string | undefined {
  if ('error' in response) {
    const [message = ''] = messageOf(response.error).split('\n')
    return `The heartbeat did not reach the Kubernetes API: ${message.replace(/\.$/, '')}`
  }
  return response.status < 300 ? undefined : `The Kubernetes API refused the heartbeat: ${refusalMessage(response)}`
}
