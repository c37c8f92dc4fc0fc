import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { LogLine } from '@moorage/core/provider'
import { Channel } from '../../../packages/core/src/protocol/channel.ts'
import { openSupervisor } from './supervised.ts'

const QUERY = { service: 'api', tail: 10, follow: true, reader: 1 }

/** The first lines of a log without an end, and how many of them were read. */
function endlessLog(): { readonly logs: () => AsyncIterable<LogLine>; read: number } {
  const log = {
    read: 0,
    async *logs(): AsyncIterable<LogLine> {
      for (;;) {
        log.read += 1
        if (log.read % 100 === 0) await turn()
        yield { stream: 'stdout', text: 'x'.repeat(1_000) }
      }
    },
  }
  return log
}

async function settled(count: () => number): Promise<number> {
  for (let last = -1; ;) {
    if (last === count() || last > 5_000) return last
    last = count()
    for (let n = 0; n < 50; n++) await turn()
  }
}

test('a reader of a log that stops reading stops the reading of the log, and goes on where it was', async () => {
  const log = endlessLog()
  using supervised = openSupervisor(log)
  const user = new Channel(supervised.dial(), {})
  await user.call('open', supervised.open)
  const stream = supervised.dial()
  stream.write(`${JSON.stringify({ id: 1, method: 'readLogs', params: QUERY })}\n`)
  const stopped = await settled(() => log.read)
  expect(stopped).toBeGreaterThan(5)
  expect(stopped).toBeLessThan(200)
  stream.resume()
  await expect.poll(() => log.read).toBeGreaterThan(1_000)
  stream.destroy()
  user.close()
  await supervised.ended
})

test('who follows a log is no user: the run ends with its last user', async () => {
  using supervised = openSupervisor(endlessLog())
  const user = new Channel(supervised.dial(), {})
  await user.call('open', supervised.open)
  const follower = new Channel(supervised.dial(), {})
  follower.sendEvent('observing', true)
  const following = follower.call('readLogs', QUERY).catch(() => {})
  await follower.call('ping', null)
  user.close()
  expect(await supervised.ended).toBe('the last client disconnected')
  await following
})

test('beside a follower, a retention ends when its time is over', async () => {
  using supervised = openSupervisor()
  const user = new Channel(supervised.dial(), {})
  await user.call('open', supervised.open)
  await user.call('retain', { ms: 20 })
  const follower = new Channel(supervised.dial(), {})
  follower.sendEvent('observing', true)
  await user.call('leave', { failed: false })
  expect(await supervised.ended).toBe('its time limit has passed')
})

test.each(['before', 'after'])(
  'beside a client that says %s the end that it follows, a failed run is kept',
  async (when) => {
    using supervised = openSupervisor()
    const user = new Channel(supervised.dial(), {})
    await user.call('open', { ...supervised.open, keep: 60_000 })
    const follower = new Channel(supervised.dial(), {})
    if (when === 'before') follower.sendEvent('observing', true)
    await follower.call('ping', null)
    await user.call('leave', { failed: true })
    follower.sendEvent('observing', true)
    expect(await follower.call('status', null)).toMatchObject({ users: 0, retention: { reason: 'failed' } })
    await follower.call('endRetention', null)
  },
)

test('a client that opens the run is a user, though it looked before', async () => {
  using supervised = openSupervisor()
  const first = new Channel(supervised.dial(), {})
  await first.call('open', supervised.open)
  const second = new Channel(supervised.dial(), {})
  second.sendEvent('observing', true)
  await second.call('open', supervised.open)
  first.close()
  await first.closed
  expect(await second.call('status', null)).toMatchObject({ users: 0 })
  second.close()
  expect(await supervised.ended).toBe('the last client disconnected')
})
