import { setTimeout as sleep } from 'node:timers/promises'
import type { Reporter, TestCase } from 'vitest/node'
import { escapeWorkflowCommands } from '@moorage/core'
import { endedServices, forgetEnded } from './ended-services.ts'

// Milliseconds: a test may fail by a lost connection before its engine has noticed the end of the service.
const NOTICED = 500

/** Adds to each failed test which services have ended, with their last lines; the other reporters print it. */
export class EndedServicesReporter implements Reporter {
  readonly #failed: TestCase[] = []

  onTestRunStart(): void {
    this.#failed.length = 0
    forgetEnded()
  }

  async onTestCaseResult(test: TestCase): Promise<void> {
    if (test.result().state !== 'failed') return
    this.#failed.push(test)
    // By the test's own end: many that have failed together wait together.
    const { startTime = 0, duration = 0 } = test.diagnostic() ?? {}
    while (!endedServices().length && Date.now() < startTime + duration + NOTICED) await sleep(20)
  }

  onTestRunEnd(): void {
    const added = endedServices().map(({ service, reason, logs }) => ({
      name: 'Service',
      message: `services.${service} ${reason}. Its last lines:\n${logs.map((line) => `  ${escapeWorkflowCommands(line)}`).join('\n')}`,
    }))
    for (const errors of this.#failed.flatMap(errorsOf)) errors.push(...added)
  }
}

type Errors = { name: string; message: string }[]

/** What reporters print of a test. Version 5 keeps the errors of each attempt besides. */
function errorsOf(test: TestCase): readonly Errors[] {
  const { attempts } = test as { attempts?: TestCase['attempts'] }
  const last = attempts?.call(test).at(-1)
  return [...new Set([test.result().errors, last?.errors])].filter(
    (errors) => errors !== undefined,
  ) as unknown as Errors[]
}
