import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { EndedService, Progress } from '@moorage/core'
import { recordEndedServices } from '../../packages/vitest/src/ended-services.ts'
import { EndedServicesReporter } from '../../packages/vitest/src/ended-services-reporter.ts'

const ended: EndedService & { readonly kind: 'exited' } = {
  kind: 'exited',
  service: 'api',
  reason: 'ended with exit code 7',
  logs: ['out of cheese'],
}
const printed: Progress[] = []
const record = recordEndedServices((progress) => void printed.push(progress))
beforeEach(() => {
  printed.length = 0
  vi.stubEnv('GITHUB_ACTIONS', '')
})
afterEach(() => vi.unstubAllEnvs())

/** What the reporter prints by itself at the end of a run. */
function endOfRun(reporter: EndedServicesReporter): string {
  let text = ''
  const spy = vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    text += String(chunk)
    return true
  })
  reporter.onTestRunEnd()
  spy.mockRestore()
  return text
}

test('the last lines of a service that ends while tests run are left to their report', () => {
  const reporter = new EndedServicesReporter()
  reporter.onTestRunStart()
  record(ended)
  record({ ...ended, service: 'mute', logs: [] })
  expect(printed).toEqual([
    { ...ended, reason: 'ended with exit code 7 (its last lines follow after the tests)', logs: [] },
    { ...ended, service: 'mute', logs: [] },
  ])
  expect(endOfRun(reporter)).toBe(
    'moorage: services.api ended with exit code 7. Its last lines:\n  out of cheese\nmoorage: services.mute ended with exit code 7.\n',
  )
})

test('before and after the tests they are printed at once', () => {
  record(ended)
  const reporter = new EndedServicesReporter()
  reporter.onTestRunStart()
  expect(endOfRun(reporter)).toBe('')
  record(ended)
  expect(printed).toEqual([ended, ended])
})

test('on GitHub they are printed at once too, as a folded group', () => {
  vi.stubEnv('GITHUB_ACTIONS', 'true')
  new EndedServicesReporter().onTestRunStart()
  record(ended)
  expect(printed).toEqual([ended])
})
