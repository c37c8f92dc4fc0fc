import { duplexPair, type Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { monotonicClock } from '../../../packages/core/src/provider-kit/clock.ts'
import { Channel } from '../../../packages/core/src/protocol/channel.ts'
import { PROTOCOL_VERSION } from '../../../packages/core/src/protocol/version.ts'
import { connect } from '../../../packages/core/src/client/connect.ts'
import { Supervisor } from '../../../packages/core/src/supervisor/supervisor.ts'
import { thrownMessage } from '../../thrown-error.ts'

const SKEW =
  'The project uses two versions of moorage. Wait until the first run ends, or install the same version in both places.'

function supervisor(): { connect(): Duplex; readonly begun: () => number } {
  let begun = 0
  const context = {
    clock: monotonicClock,
    stopListening: () => {},
    runOpened: () => {},
    forgetRun: () => {},
    exit: () => {},
    beginRun: () => {
      begun += 1
      throw new RangeError('not in this test')
    },
  }
  const own = new Supervisor(context as never)
  return {
    begun: () => begun,
    connect() {
      const [ours, theirs] = duplexPair()
      own.connect(theirs)
      return ours
    },
  }
}

test.each([PROTOCOL_VERSION - 1, PROTOCOL_VERSION + 1])(
  'a client of protocol %i gets an error, and starts nothing',
  async (protocol) => {
    const { connect, begun } = supervisor()
    const channel = new Channel(connect(), {})
    expect(await thrownMessage(() => channel.call('open', { protocol } as never))).toBe(
      `SUPERVISOR_FAILED\nThe supervisor uses protocol ${PROTOCOL_VERSION}, this client uses protocol ${protocol}.\n${SKEW}`,
    )
    expect(begun()).toBe(0)
    channel.close()
  },
)

test('a supervisor of a later version, whose answers mean nothing here, is not waited for', async () => {
  // A fake: no such version exists yet.
  const later = (): Duplex => {
    const [ours, theirs] = duplexPair()
    theirs.write(`${JSON.stringify({ event: { hello: PROTOCOL_VERSION + 1, pid: 1 } })}\n`)
    theirs.on('data', (line: Buffer) => {
      const { id } = JSON.parse(String(line)) as { id: number }
      const message = `The supervisor uses protocol ${PROTOCOL_VERSION + 1}, this client uses protocol ${PROTOCOL_VERSION}.`
      theirs.write(
        `${JSON.stringify({ id, error: { code: 'SUPERVISOR_FAILED', message, details: { hint: SKEW } } })}\n`,
      )
    })
    return ours
  }
  const transport = {
    dial: () => Promise.resolve(later()),
    launch: () => Promise.reject(new RangeError('one is there')),
    recover: () => Promise.resolve('{"failures":[]}'),
  }
  const joining = connect({ run: { id: 'dev-1' } } as never, {
    transport,
    log: '/nowhere',
    onProgress: () => {},
  })
  expect(await thrownMessage(() => joining)).toBe(
    `SUPERVISOR_FAILED\nThe supervisor uses protocol ${PROTOCOL_VERSION + 1}, this client uses protocol ${PROTOCOL_VERSION}.\n${SKEW}`,
  )
})
