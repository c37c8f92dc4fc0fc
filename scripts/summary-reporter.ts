import { writeFileSync } from 'node:fs'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

export interface Summary {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
  readonly files: readonly { readonly file: string; readonly ms: number }[]
}

/**
 * Writes the result of a run, with the reason of every skip: `context.skip('reason')`, or brackets in a suite's name.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const cases = modules.flatMap((module) => [...module.children.allTests()])
    const count = (state: string): number => cases.filter((test) => test.result().state === state).length
    const skipped = cases
      .filter((test) => test.result().state === 'skipped')
      .map((test) => ({ name: `${test.module.relativeModuleId}: ${test.fullName}`, reason: reasonOf(test) }))
    const files = modules.map((module) => ({ file: module.relativeModuleId, ms: Math.round(durationOf(module)) }))
    const summary: Summary = { passed: count('passed'), failed: count('failed'), skipped, files }
    writeFileSync(process.env['MOORAGE_TEST_SUMMARY'] as string, JSON.stringify(summary))
  }
}

/** Loading, hooks and tests. */
function durationOf(module: TestModule): number {
  const { collectDuration, setupDuration, duration } = module.diagnostic()
  return collectDuration + setupDuration + duration
}

function reasonOf(test: TestCase): string {
  const result = test.result()
  const note = result.state === 'skipped' ? result.note : undefined
  return note ?? /\((.+?)\) >/.exec(test.fullName)?.[1] ?? 'no reason given'
}
