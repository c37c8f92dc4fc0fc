import { setTimeout as sleep } from 'node:timers/promises'
import type { TestInfo } from '@playwright/test'
import { escapeWorkflowCommands } from '@moorage/core'
import { exits, reportTestAttempt } from '@moorage/core/test'

// A lost connection may fail a test before the engine reports that the service has ended.
const EXIT_DETECTION_MS = 500

/**
 * Reports the attempt to the supervisor, whose `keep` depends on the last one. Attaches the last log lines of ended
 * services to a failed test. Never throws.
 */
export async function reportTestResult(info: TestInfo): Promise<void> {
  const failed = info.status !== info.expectedStatus
  // A pass counts only after a failed attempt. The number of retries may be set in the test file, so `retry` is the
  // measure.
  if (!failed && info.retry === 0) return
  try {
    // An interrupted test has not failed.
    await reportTestAttempt(info.testId, failed && info.status !== 'interrupted')
    if (!failed) return
    let ended = await exits()
    if (!ended.length) {
      await sleep(EXIT_DETECTION_MS)
      ended = await exits()
    }
    for (const { service, reason, logs } of ended) {
      await info.attach(`services.${service} ${reason}`, {
        body: logs.map(escapeWorkflowCommands).join('\n'),
        contentType: 'text/plain',
      })
    }
  } catch {
    // The supervisor has ended too, which the runner's main process reports.
  }
}
