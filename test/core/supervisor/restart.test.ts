import { expect, test } from 'vitest'
import { Channel } from '../../../packages/core/src/protocol/channel.ts'
import type { Progress } from '../../../packages/core/src/contract/progress.ts'
import { thrownMessage } from '../../thrown-error.ts'
import { openSupervisor } from './supervised.ts'

test('a restart starts the services again, for all names or for none, and reports it to observers', async () => {
  using supervised = openSupervisor()
  const user = new Channel(supervised.dial(), {})
  await user.call('open', supervised.open)
  expect(supervised.starts).toBe(1)
  const told: Progress[] = []
  const observer = new Channel(supervised.dial(), { events: { progress: (progress) => void told.push(progress) } })
  observer.sendEvent('observing', true)
  await observer.call('restart', { services: ['api'] })
  expect(supervised.starts).toBe(2)
  expect(told.map(({ kind }) => kind)).toContain('ready')
  const { run, connections } = await observer.call('restart', { services: [] })
  expect(supervised.starts).toBe(3)
  expect(Object.keys(connections)).toEqual(['api'])
  expect(await observer.call('status', null)).toMatchObject({ run, users: 1, healthProblems: {} })
  user.close()
  await supervised.ended
})

test('a service that does not run here is not restarted', async () => {
  using supervised = openSupervisor()
  const user = new Channel(supervised.dial(), {})
  await user.call('open', supervised.open)
  expect(await thrownMessage(() => user.call('restart', { services: ['apo'] }))).toBe(
    'USAGE\nservices.apo is not running in this run. Did you mean api?\nRunning services: api.',
  )
  expect(supervised.starts).toBe(1)
  user.close()
  await supervised.ended
})

test('a restart that fails ends a run without other services', async () => {
  using supervised = openSupervisor({ maxStarts: 1 })
  const user = new Channel(supervised.dial(), {})
  await user.call('open', supervised.open)
  expect(await thrownMessage(() => user.call('restart', { services: ['api'] }))).toMatch(/^START_FAILED\n/)
  expect(await supervised.ended).toBe('a service failed to restart')
  user.close()
})

test('a shell is the command line of the unit, or an error where it has none', async () => {
  const shell = (tty: boolean): { command: readonly string[] } => ({ command: ['engine', tty ? '-it' : '-i'] })
  using supervised = openSupervisor({ shell })
  const user = new Channel(supervised.dial(), {})
  await user.call('open', supervised.open)
  expect(await user.call('shell', { service: 'api', tty: true })).toEqual({ command: ['engine', '-it'] })
  expect(await user.call('shell', { service: 'api', tty: false })).toEqual({ command: ['engine', '-i'] })
  user.close()
  await supervised.ended
  using without = openSupervisor()
  const other = new Channel(without.dial(), {})
  await other.call('open', without.open)
  expect(await thrownMessage(() => other.call('shell', { service: 'api', tty: true }))).toBe(
    'OPTION_UNSUPPORTED\nservices.api: its provider cannot open a shell inside it.',
  )
  other.close()
  await without.ended
})
