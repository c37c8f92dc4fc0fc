import { expect, test } from 'vitest'
import { reservePort } from '../../packages/provider-process/src/endpoint.ts'

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
