import { setTimeout as sleep } from 'node:timers/promises'
import type { Report } from '@moorage/core/provider'
import { saidBy } from '../errors.ts'
import type { Client, Request } from '../api/client.ts'

interface Pulse {
  /** Milliseconds between two. */
  readonly rhythm: number
  /** Seconds for which the run lives without one. */
  readonly grace: number
  /** What is renewed, for messages. */
  readonly what: string
  readonly over: AbortSignal
  readonly report: Report
  renewal(): Pick<Request, 'path' | 'body'>
}

/** Renews until it is over; one that is late, refused, or has nothing left to renew is told, the first time. */
export async function renewPeriodically(
  client: Client,
  { rhythm, grace, what, over, report, renewal }: Pulse,
): Promise<void> {
  for (let failed = false; ;) {
    await sleep(failed ? rhythm / 4 : rhythm, undefined, { signal: over, ref: false }).catch(() => {})
    if (over.aborted) return
    const request: Request = { method: 'PATCH', ...renewal(), signal: over }
    const answer = await client.call(request).catch((error: unknown) => ({ error }))
    if (over.aborted) return
    if ('error' in answer) {
      if (!failed)
        report.notice(`The heartbeat did not reach the Kubernetes API; the run lives for ${grace} s without one.`)
      failed = true
    } else if (answer.status === 404 || answer.status === 409) {
      report.notice(`The run was removed by the cluster: its ${what} is gone (${saidBy(answer)}).`)
      return
    } else {
      if (answer.status >= 300 && !failed) report.notice(`The heartbeat was refused: ${saidBy(answer)}.`)
      failed = answer.status >= 300
    }
  }
}
