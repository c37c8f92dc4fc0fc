import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { MoorageError } from '@moorage/core'
import { PhaseDeadline } from '../../../packages/core/src/provisioning/phase-deadline.ts'
import type { Phase } from '../../../packages/core/src/contract/service.ts'

test.each<[Phase, string]>([
  ['admit', 'was not accepted by the provider'],
  ['schedule', 'was not scheduled'],
  ['pull', 'did not get its image'],
  ['start', 'did not start'],
  ['ready', 'did not become ready'],
])('%s: its own text, with the last reason', async (phase, text) => {
  const expired = Promise.withResolvers<MoorageError>()
  const clock = new PhaseDeadline({ service: 'db', deadlines: { [phase]: 10 } }, expired.resolve)
  clock.enter(phase)
  clock.lastReason = 'connection refused by 127.0.0.1:5432'
  const error = await expired.promise
  expect(error.message).toBe(
    `services.db ${text} within 0.01 s: connection refused by 127.0.0.1:5432.\nIf it needs more time, raise services.db.deadlines.${phase} (milliseconds).`,
  )
  expect(error).toMatchObject({ code: 'DEADLINE', service: 'db', phase })
})

test('without a reason the text ends earlier', async () => {
  const expired = Promise.withResolvers<MoorageError>()
  new PhaseDeadline({ service: 'db', deadlines: { pull: 5 } }, expired.resolve).enter('pull')
  expect((await expired.promise).message).toMatch(/^services\.db did not get its image within 0\.005 s\.\n/)
})

test('each phase has its own time, and the last one is stopped', async () => {
  const late: MoorageError[] = []
  const clock = new PhaseDeadline({ service: 'db', deadlines: { admit: 40, start: 40 } }, (error) => late.push(error))
  clock.enter('admit')
  await sleep(25)
  clock.enter('start')
  await sleep(25)
  expect(late).toEqual([])
  clock.stop()
  await sleep(40)
  expect(late).toEqual([])
})
