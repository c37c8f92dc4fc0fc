import { setTimeout as sleep } from 'node:timers/promises'
import type { Reporter, TestCase } from 'vitest/node'
import { escapeWorkflowCommands, type EndedService } from '@moorage/core'
import { beginReport, endedServices, endReport } from './ended-services.ts'

// A lost connection may fail a test before the engine reports that the service has ended.
const EXIT_DETECTION_MS = 500
const POLL_MS = 20

/**
 * Adds the services that have ended, with their last log lines, to each failed test. The other reporters print them.
 * Prints them itself where no test has failed.
 */
export class EndedServicesReporter implements Reporter {
  readonly #failed: TestCase[] = []

  onTestRunStart(): void {
    this.#failed.length = 0
    beginReport()
  }

  async onTestCaseResult(test: TestCase): Promise<void> {
    if (test.result().state !== 'failed') return
    this.#failed.push(test)
    // Counts from the end of the test, so that tests that fail together wait together.
    const { startTime = 0, duration = 0 } = test.diagnostic() ?? {}
    while (!endedServices().length && Date.now() < startTime + duration + EXIT_DETECTION_MS) await sleep(POLL_MS)
  }

  onTestRunEnd(): void {
    endReport()
    const messages = endedServices().map(describe)
    // Vitest prints errors with the same stack once, below the names of all their tests.
    const serviceErrors = messages.map((message) => ({ name: 'Service', message, stack: `Service: ${message}` }))
    for (const errors of this.#failed.flatMap(errorsOf)) errors.push(...serviceErrors)
    if (!this.#failed.length) for (const message of messages) process.stderr.write(`moorage: ${message}\n`)
  }
}

function describe({ service, reason, logs }: EndedService): string {
  const lines = logs.map((line) => `\n  ${escapeWorkflowCommands(line)}`).join('')
  return `services.${service} ${reason}.${lines && ` Its last lines:${lines}`}`
}

type TestErrors = { name: string; message: string; stack: string }[]

/** The error lists of a test that reporters print. Vitest 5 also keeps a list for each attempt. */
function errorsOf(test: TestCase): readonly TestErrors[] {
  const { attempts } = test as { attempts?: TestCase['attempts'] }
  const last = attempts?.call(test).at(-1)
  return [...new Set([test.result().errors, last?.errors])].filter(
    (errors) => errors !== undefined,
  ) as unknown as TestErrors[]
}
