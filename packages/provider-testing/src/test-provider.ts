import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { testChecks } from './doctor-tests.ts'
import { testExec } from './exec-tests.ts'
import { testHostAccess } from './host-access-tests.ts'
import { testLifecycle } from './lifecycle-tests.ts'
import { testLogs } from './log-tests.ts'
import type { ProviderSubject } from './provider-subject.ts'
import { testReap } from './reap-tests.ts'
import { testSettings } from './setting-tests.ts'
import { openSession, type SessionUnderTest } from './session-under-test.ts'

// Until everything that was removed is gone; a Kubernetes namespace takes ten seconds.
const REMOVAL_TIMEOUT_MS = 30_000

/**
 * Declares the tests that every provider passes; call it in a test file of Vitest. Docker and Kubernetes need a
 * `testTimeout` of 120 s. What a provider does not implement (`reap`, `checks`, `Unit.exec`) is skipped.
 */
export function testProvider(subject: ProviderSubject): void {
  const { name, provider, leftovers, removals, skipReason } = subject
  const { commands } = subject.units
  describe.skipIf(skipReason)(`provider ${name}${skipReason ? ` (${skipReason})` : ''}`, () => {
    let before: readonly string[]
    let first: readonly string[] | undefined
    let opened: SessionUnderTest

    beforeAll(async () => {
      // The suite does not wait for what others have left to the engine.
      first = await leftovers()
    })
    beforeEach(async () => {
      before = await leftovers()
      opened = await openSession(subject)
    })
    afterEach(async () => {
      await opened.session.close()
      // Where the engine removes what an owner owns, it does so a moment after the owner.
      if (removals) await expect.poll(leftovers, { timeout: REMOVAL_TIMEOUT_MS, interval: 50 }).toEqual(before)
      else expect(await leftovers()).toEqual(before)
    })
    afterAll(async () => {
      if (!removals) return
      const until = performance.now() + REMOVAL_TIMEOUT_MS
      while (performance.now() < until && String(await removals()) !== String(first)) await sleep(100)
      expect(await removals()).toEqual(first)
    }, 2 * REMOVAL_TIMEOUT_MS)

    const current = (): SessionUnderTest => opened
    testLifecycle(subject, current)
    testLogs(subject, current)
    testReap(subject, current)
    testChecks(subject)
    if (commands) {
      testExec(subject, commands, current)
      testHostAccess(subject, commands, current)
      if (commands.shell && provider.form === 'container') testSettings(subject, current)
      else test.skip('settings of containers: the units have none, or the subject gives no commands.shell', () => {})
    } else test.skip('exec, siblings and host access: the subject gives no units.commands', () => {})
  })
}
