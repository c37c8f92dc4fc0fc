import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { expect, test } from 'vitest'
import { monotonicClock } from '../../../packages/core/src/provider-kit/clock.ts'
import { Channel } from '../../../packages/core/src/protocol/channel.ts'
import { Supervisor } from '../../../packages/core/src/supervisor/supervisor.ts'
import { thrownMessage } from '../../thrown-error.ts'
import { openSupervisor } from './supervised.ts'

test('what is written down of a run is gone when its last client hears of the end: killed from here on, a supervisor leaves nothing', async () => {
  const order: string[] = []
  const supervisor = new Supervisor({
    clock: monotonicClock,
    stopListening: () => {},
    runOpened: () => {},
    forgetRun: () => order.push('forgotten'),
    exit: () => {},
  } as never)
  const [ours, theirs] = duplexPair()
  supervisor.connect(theirs)
  ours.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('"id":1')) order.push('answered')
  })
  ours.write(`${JSON.stringify({ id: 1, method: 'leave', params: { failed: false } })}\n`)
  await once(ours, 'end')
  expect(order).toEqual(['forgotten', 'answered'])
})

test('a command for a supervisor without services is an error that names the next step', async () => {
  using supervised = openSupervisor()
  const channel = new Channel(supervised.dial(), {})
  expect(await thrownMessage(() => channel.call('exec', { service: 'api', command: ['true'] }))).toBe(
    'SUPERVISOR_FAILED\nThis supervisor runs no services.\nStart the services first: moorage up',
  )
  channel.close()
})
