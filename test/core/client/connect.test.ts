import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { monotonicClock } from '../../../packages/core/src/provider-kit/clock.ts'
import { PROTOCOL_VERSION } from '../../../packages/core/src/protocol/version.ts'
import { connect } from '../../../packages/core/src/client/connect.ts'
import { Supervisor } from '../../../packages/core/src/supervisor/supervisor.ts'

test('a client whose start has failed gets the error, and no invitation to start over', async () => {
  const provider = { name: 'broken', module: 'broken', options: {} }
  const plan = {
    services: { db: { spec: { preset: 'db', ports: {} }, needs: {}, variable: 'DB_URL' } },
    root: '/',
    hash: 'hash',
  }
  const request = {
    plan,
    candidates: { inOrder: [], ci: false, explicit: { provider, by: 'the test' } },
    host: provider,
  }
  const run = { id: 'dev-1', labels: {}, owner: { host: 'h', pid: 1, started: 1 }, root: '/', cache: '/' }
  const beginRun = (): object => ({
    run,
    clock: monotonicClock,
    journal: () => {},
    load: () => Promise.reject(new RangeError('its module is broken')),
  })
  const supervisor = new Supervisor({
    clock: monotonicClock,
    stopListening: () => {},
    runOpened: () => {},
    forgetRun: () => {},
    exit: () => {},
    beginRun,
  } as never)
  const [ours, theirs] = duplexPair()
  supervisor.connect(theirs)
  ours.write(
    `${JSON.stringify({ id: 1, method: 'open', params: { ...request, protocol: PROTOCOL_VERSION, run: { id: 'dev-1' }, identity: 'i', family: 'f' } })}\n`,
  )
  const all = text(ours)
  await once(ours, 'end')
  const said = (await all)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { id?: number; error?: { message: string }; event?: object })
  expect(said.find(({ id }) => id === 1)?.error?.message).toContain('its module is broken')
  expect(said.filter(({ event }) => event && 'reconnect' in event)).toEqual([])
})

test('the end that follows the error of a start is no news, though both come in one packet', async () => {
  const [ours, theirs] = duplexPair()
  const lines = (...messages: readonly object[]): string =>
    messages.map((message) => `${JSON.stringify(message)}\n`).join('')
  theirs.write(lines({ event: { hello: PROTOCOL_VERSION } }))
  theirs.once('data', () =>
    theirs.end(
      lines(
        { id: 1, error: { code: 'START_FAILED', message: 'its module is broken', details: {} } },
        { event: { ended: 'services failed to start' } },
      ),
    ),
  )
  const told: object[] = []
  const transport = {
    dial: () => Promise.resolve(ours),
    launch: () => Promise.reject(new RangeError('not again')),
    recover: () => Promise.reject(new RangeError('nothing to recover')),
  }
  const joining = connect({ run: { id: 'dev-1' } } as never, {
    transport,
    log: '',
    onProgress: (progress) => void told.push(progress),
  })
  await expect(joining).rejects.toThrow('its module is broken')
  await turn()
  expect(told).toEqual([])
})
