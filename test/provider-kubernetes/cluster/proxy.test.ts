import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createClient } from '../../../packages/provider-kubernetes/src/api/client.ts'
import type { Credentials } from '../../../packages/provider-kubernetes/src/cluster/renewing-credentials.ts'
import { findCredentials } from '../../../packages/provider-kubernetes/src/cluster/find-credentials.ts'
import { findProxy } from '../../../packages/provider-kubernetes/src/cluster/proxy.ts'

const HTTPS_PROXY = 'http://proxy:3128'

test.for<readonly [server: string, env: NodeJS.ProcessEnv, expected: string | undefined]>([
  ['https://api.example.com', {}, undefined],
  ['https://api.example.com', { HTTPS_PROXY }, HTTPS_PROXY],
  ['https://api.example.com', { https_proxy: 'proxy:3128' }, HTTPS_PROXY],
  ['http://api.example.com', { HTTPS_PROXY }, undefined],
  ['http://api.example.com', { HTTP_PROXY: 'http://p:1' }, 'http://p:1'],
  ['https://127.0.0.1:6443', { HTTPS_PROXY }, undefined],
  ['https://[::1]:6443', { HTTPS_PROXY }, undefined],
  ['https://localhost:6443', { HTTPS_PROXY }, undefined],
  ['https://api.example.com', { HTTPS_PROXY, NO_PROXY: 'other, example.com' }, undefined],
  ['https://example.com', { HTTPS_PROXY, no_proxy: '.example.com' }, HTTPS_PROXY],
  ['https://api.example.com', { HTTPS_PROXY, NO_PROXY: '*.example.com' }, undefined],
  ['https://badexample.com', { HTTPS_PROXY, NO_PROXY: 'example.com' }, HTTPS_PROXY],
  ['https://api.example.com:6443', { HTTPS_PROXY, NO_PROXY: 'api.example.com:443' }, HTTPS_PROXY],
  ['https://api.example.com:6443', { HTTPS_PROXY, NO_PROXY: 'api.example.com:6443' }, undefined],
  ['https://10.1.2.3:6443', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8' }, undefined],
  ['https://11.1.2.3:6443', { HTTPS_PROXY, NO_PROXY: '10.0.0.0/8' }, HTTPS_PROXY],
  ['https://[fd00::1]:6443', { HTTPS_PROXY, NO_PROXY: 'fd00::/16' }, undefined],
  ['https://api.example.com', { HTTPS_PROXY, NO_PROXY: '*' }, undefined],
])('%s with %o', ([server, env, expected]) => {
  expect(findProxy(server, {}, env)).toBe(expected)
})

test("the cluster's own proxy counts before the environment, for every server", () => {
  const cluster = { 'proxy-url': 'socks5://own:1' }
  expect(findProxy('https://127.0.0.1:6443', cluster, { HTTPS_PROXY, NO_PROXY: '*' })).toBe('socks5://own:1')
})

test('calls go through the proxy', async () => {
  const target = createServer((_, response) => response.end('{"hello":1}')).listen(0, '127.0.0.1')
  await once(target, 'listening')
  const tunnels: string[] = []
  const proxy = createServer().listen(0, '127.0.0.1')
  proxy.on('connect', ({ url, headers }, socket) => {
    tunnels.push(`${url} ${headers['proxy-authorization']}`)
    const upstream = connect((target.address() as AddressInfo).port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(upstream).pipe(socket)
    })
  })
  await once(proxy, 'listening')
  const folder = mkdtempSync(join(tmpdir(), 'proxy-'))
  const kubeconfig = join(folder, 'config')
  writeFileSync(
    kubeconfig,
    'current-context: x\nclusters: [{name: c, cluster: {server: "http://api.test:8080"}}]\ncontexts: [{name: x, context: {cluster: c}}]',
  )
  const env = { HTTP_PROXY: `http://me:secret@127.0.0.1:${(proxy.address() as AddressInfo).port}` }
  const client = createClient((await findCredentials({ env, root: folder, kubeconfig })) as Credentials)
  expect(await client.call({ method: 'GET', path: '/version' })).toMatchObject({ status: 200, body: { hello: 1 } })
  expect(tunnels).toEqual([`api.test:8080 Basic ${btoa('me:secret')}`])
  client.close()
  for (const server of [target, proxy]) {
    server.close()
    server.closeAllConnections()
  }
  rmSync(folder, { recursive: true })
})
