import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { closeRoute, openRoute, resolveEndpoint } from '../../../packages/provider-kubernetes/src/endpoint.ts'
import { thrownMessage } from '../../thrown-error.ts'
import { startApiStub } from '../api-stub.ts'

const report = { phase: () => {}, journal: () => {}, notice: () => {} }
const pod = { service: 'db', namespace: 'ci', pod: 'db' }
const podAddress = (): Promise<string> => Promise.resolve('192.0.2.1')

const openServers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length

test('a fixed port of this machine that another program uses is named, and no other port stays open', async () => {
  await using stub = await startApiStub(() => ({ status: 404, body: {} }))
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port: localPort } = other.address() as AddressInfo
  const ports = { ...pod, ports: [80, 81], fixedPorts: new Map([[81, { name: 'main', localPort }]]) }
  const before = openServers()
  const options = { reach: 'auto', inCluster: false, report } as const
  expect(await thrownMessage(() => openRoute(stub.client, ports, options))).toBe(
    `PORT_IN_USE\nservices.db.hostPorts.main: another program uses port ${localPort} of this machine.\nStop that program, set another port, or omit the port to get a free one.`,
  )
  await expect.poll(openServers).toBe(before)
  other.close()
  await once(other, 'close')
})

test('a fixed port has a forward where other ports are dialled by the address of the pod', async () => {
  await using stub = await startApiStub(() => ({ status: 404, body: {} }))
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port: localPort } = free.address() as AddressInfo
  free.close()
  await once(free, 'close')
  const ports = { ...pod, ports: [80, 81], fixedPorts: new Map([[81, { name: 'main', localPort }]]) }
  const route = await openRoute(stub.client, ports, { reach: 'pod-ip', inCluster: true, report })
  expect(await resolveEndpoint(route, 80, podAddress)).toEqual({ host: '192.0.2.1', port: 80 })
  expect(await resolveEndpoint(route, 81, podAddress)).toEqual({ host: '127.0.0.1', port: localPort })
  await closeRoute(route)
})
