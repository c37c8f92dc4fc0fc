import { setTimeout as sleep } from 'node:timers/promises'
import type { TestInfo } from '@playwright/test'
import { exits } from '@moorage/core/test'

// Milliseconds: a test may fail by a lost connection before its engine has noticed the end of the service.
const NOTICED = 500

/** The last lines of services that have ended, in the report of a test that failed. Never throws. */
export async function attachExits(info: TestInfo): Promise<void> {
  if (info.status === info.expectedStatus) return
  try {
    let ended = await exits()
    if (!ended.length) {
      await sleep(NOTICED)
      ended = await exits()
    }
    for (const { service, reason, logs } of ended) {
      await info.attach(`services.${service} ${reason}`, { body: logs.join('\n'), contentType: 'text/plain' })
    }
  } catch {
    // The supervisor is gone as well: the runner's own process says so.
  }
}
