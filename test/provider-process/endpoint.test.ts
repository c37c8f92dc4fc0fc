import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { createEndpointResolver, reservePort } from '../../packages/provider-process/src/endpoint.ts'
import { findListeners, type Listener } from '../../packages/provider-process/src/system/listeners.ts'

test('two services that want one port at the same time: the error of the second names the first', async () => {
  const port = await reservePort('a', 0, new Map())
  const reserved = new Map()
  const [first, second] = await Promise.allSettled([
    reservePort('api', port, reserved),
    reservePort('web', port, reserved),
  ])
  expect(first).toEqual({ status: 'fulfilled', value: port })
  expect(String((second as PromiseRejectedResult).reason)).toContain(
    `services.web.port: port ${port} is in use: services.api has it.`,
  )
})

test.skipIf(process.platform !== 'linux')(
  'the listeners of the machine are read until the service listens, for a fifth of the time',
  async () => {
    let [now, reads] = [0, 0]
    let listeners: Listener[] = []
    const find = (): typeof listeners => {
      reads += 1
      now += 10
      return listeners
    }
    const resolve = createEndpointResolver(undefined, { now: () => now, find })
    for (; now < 300; now += 10) expect((await resolve(80)).host).toBe('127.0.0.1')
    expect(reads).toBe(5)
    listeners = [{ address: '::1', port: 80, uid: 0, file: '' }]
    for (; now < 400; now += 10) await resolve(80)
    const readsAtEnd = reads
    for (; now < 500; now += 10) expect(await resolve(80)).toEqual({ host: '::1', port: 80 })
    expect(reads).toBe(readsAtEnd)
  },
)

test.skipIf(process.platform !== 'linux')(
  'another user who listens on ::1 gets no connection, the user of the service does',
  async () => {
    const find = (): Listener[] => [{ address: '::1', port: 80, uid: 65_534, file: '' }]
    const hostFor = async (uid?: number): Promise<string> =>
      (await createEndpointResolver(uid, { now: () => 0, find })(80)).host
    expect(await hostFor()).toBe('127.0.0.1')
    expect(await hostFor(65_533)).toBe('127.0.0.1')
    expect(await hostFor(65_534)).toBe('::1')
  },
)

test.skipIf(process.platform !== 'linux')('a listener has its user', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  expect(findListeners().find((each) => each.port === port)).toMatchObject({ uid: process.getuid?.() })
  server.close()
})
