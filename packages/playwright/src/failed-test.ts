import { setTimeout as sleep } from 'node:timers/promises'
import type { TestInfo } from '@playwright/test'
import { escapeWorkflowCommands } from '@moorage/core'
import { exits, reportTestAttempt } from '@moorage/core/test'

// Milliseconds: a test may fail by a lost connection before its engine has noticed the end of the service.
const NOTICED = 500

/** The last lines of services that have ended, in the report of a test that failed; `keep` is told of the last try. Never throws. */
export async function followUp(info: TestInfo): Promise<void> {
  const failed = info.status !== info.expectedStatus
  // A try more makes good: how many there are, a file says as well as the config.
  if (!failed && info.retry === 0) return
  try {
    // An interruption is no failure.
    await reportTestAttempt(info.testId, failed && info.status !== 'interrupted')
    if (!failed) return
    let ended = await exits()
    if (!ended.length) {
      await sleep(NOTICED)
      ended = await exits()
    }
    for (const { service, reason, logs } of ended) {
      await info.attach(`services.${service} ${reason}`, {
        body: logs.map(escapeWorkflowCommands).join('\n'),
        contentType: 'text/plain',
      })
    }
  } catch {
    // The supervisor is gone as well: the runner's own process says so.
  }
}
