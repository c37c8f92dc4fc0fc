import { setTimeout as sleep } from 'node:timers/promises'
import type { TestInfo } from '@playwright/test'
import { harmless } from '@moorage/core'
import { exits, reportFailure } from '@moorage/core/test'

// Milliseconds: a test may fail by a lost connection before its engine has noticed the end of the service.
const NOTICED = 500

/** The last lines of services that have ended, in the report of a test that failed; `keep` is told of the last try. Never throws. */
export async function followUp(info: TestInfo): Promise<void> {
  if (info.status === info.expectedStatus) return
  try {
    // Neither a try that is repeated nor an interruption is a failure.
    if (info.retry === info.project.retries && info.status !== 'interrupted') await reportFailure()
    let ended = await exits()
    if (!ended.length) {
      await sleep(NOTICED)
      ended = await exits()
    }
    for (const { service, reason, logs } of ended) {
      await info.attach(`services.${service} ${reason}`, { body: logs.map(harmless).join('\n'), contentType: 'text/plain' })
    }
  } catch {
    // The supervisor is gone as well: the runner's own process says so.
  }
}
