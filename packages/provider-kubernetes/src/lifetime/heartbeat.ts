import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '@moorage/core/provider'
import type { ApiClient } from '../api/client.ts'
import type { ApiRequest } from '../api/types.ts'
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
  /** Path and merge patch of the next renewal. */
  renewal(): Pick<ApiRequest, 'path' | 'body'>
}

/**
 * Renews an object until the signal aborts or the object no longer exists. The first of several failures in a row
 * becomes a notice; after a failure the next attempt follows in a quarter of the interval. Never rejects.
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
    if ('error' in response) {
      if (!failed)
        report.notice(
          `The heartbeat did not reach the Kubernetes API. The run lives for ${graceSeconds} s without a heartbeat.`,
        )
      failed = true
    } else if (response.status === 404 || response.status === 409) {
      report.notice(`The cluster deleted the run: its ${objectName} no longer exists (${refusalMessage(response)}).`)
      return
    } else {
      if (response.status >= 300 && !failed)
        report.notice(`The Kubernetes API refused the heartbeat: ${refusalMessage(response)}.`)
      failed = response.status >= 300
    }
  }
}
