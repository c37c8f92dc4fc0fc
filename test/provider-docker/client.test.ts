import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { loadClient } from '../../packages/provider-docker/src/engine/client.ts'
import { engineAt } from '../../packages/provider-docker/src/engine/engine-address.ts'

const folder = mkdtempSync(join(tmpdir(), 'moorage-home-'))
const servers: Server[] = []
const requests: string[] = []
afterAll(() => {
  vi.unstubAllEnvs()
  for (const server of servers) server.close()
  rmSync(folder, { recursive: true, force: true })
})

/** FAKE: answers every request with an empty list, because the test bed's engines listen on sockets only. */
async function startEngine(name: string, host: string): Promise<number> {
  const server = createServer((request, response) => {
    requests.push(`${name} ${request.url}`)
    response.end('[]')
  }).listen(0, host)
  servers.push(server)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('the SDK uses the engine that moorage has found, whatever its own files and variables say', async () => {
  const other = `tcp://127.0.0.1:${await startEngine('other', '127.0.0.1')}`
  const port = await startEngine('found', '::1')
  writeFileSync(join(folder, '.testcontainers.properties'), `tc.host=${other}\ndocker.host=${other}\n`)
  vi.stubEnv('HOME', folder)
  vi.stubEnv('DOCKER_HOST', other)
  vi.stubEnv('DOCKER_TLS_VERIFY', '1')
  vi.stubEnv('DOCKER_CERT_PATH', '/nowhere')
  // Testcontainers parses it while it loads, and leaves its rejection unhandled.
  vi.stubEnv('DOCKER_AUTH_CONFIG', 'oops')
  const client = await loadClient(engineAt(`tcp://[::1]:${port}`), process.cwd())
  expect(await client.dockerode.listContainers()).toEqual([])
  expect(requests).toEqual(['found /containers/json'])
  expect(process.env).toMatchObject({
    HOME: folder,
    DOCKER_HOST: other,
    DOCKER_TLS_VERIFY: '1',
    DOCKER_AUTH_CONFIG: 'oops',
  })
})

test('two engines of one process each get their own requests', async () => {
  requests.length = 0
  const clients = []
  for (const name of ['first', 'second']) {
    const host = `tcp://127.0.0.1:${await startEngine(name, '127.0.0.1')}`
    clients.push(await loadClient(engineAt(host), process.cwd()))
  }
  for (const client of clients) await client.dockerode.listContainers()
  expect(requests).toEqual(['first /containers/json', 'second /containers/json'])
})
