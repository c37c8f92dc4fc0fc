import { expect, test } from 'vitest'
import { createEndpointResolver, reservePort } from '../../packages/provider-process/src/endpoint.ts'

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
    let listeners: { readonly address: string; readonly port: number; readonly file: string }[] = []
    const find = (): typeof listeners => {
      reads += 1
      now += 10
      return listeners
    }
    const resolve = createEndpointResolver({ now: () => now, find })
    for (; now < 300; now += 10) expect((await resolve(80)).host).toBe('127.0.0.1')
    expect(reads).toBe(5)
    listeners = [{ address: '::1', port: 80, file: '' }]
    for (; now < 400; now += 10) await resolve(80)
    const readsAtEnd = reads
    for (; now < 500; now += 10) expect(await resolve(80)).toEqual({ host: '::1', port: 80 })
    expect(reads).toBe(readsAtEnd)
  },
)
