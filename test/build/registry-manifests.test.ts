import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { deleteFromRegistry, nameByDigest } from '../../packages/build/src/registry-manifests.ts'

const digest = `sha256:${'0'.repeat(64)}`
const { signal } = new AbortController()
const before = process.env['DOCKER_AUTH_CONFIG']
afterEach(() => {
  if (before === undefined) delete process.env['DOCKER_AUTH_CONFIG']
  else process.env['DOCKER_AUTH_CONFIG'] = before
})

/** A registry with one image, as the token specification of Distribution describes it. */
async function openRegistry(
  deletion: number,
): Promise<AsyncDisposable & { readonly address: string; readonly calls: string[] }> {
  const calls: string[] = []
  let present = true
  const server = createServer(({ method, url = '', headers }, response) => {
    const { port } = server.address() as AddressInfo
    const { pathname, searchParams } = new URL(url, 'http://localhost')
    if (pathname === '/token') {
      calls.push(`token ${searchParams.get('service')} ${searchParams.get('scope')} ${headers.authorization}`)
      return void response.end('{"token":"t"}')
    }
    if (headers.authorization !== 'Bearer t') {
      const challenge = `Bearer realm="http://127.0.0.1:${port}/token",service="registry"`
      return void response.writeHead(401, { 'WWW-Authenticate': challenge }).end()
    }
    calls.push(`${method} ${pathname}`)
    if (method === 'DELETE') {
      present = deletion >= 400
      return void response.writeHead(deletion).end()
    }
    response.writeHead(present ? 200 : 404, present ? { 'Docker-Content-Digest': digest } : {}).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env['DOCKER_AUTH_CONFIG'] = JSON.stringify({ auths: { [address]: { username: 'ann', password: 'x' } } })
  return { address, calls, [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')) }
}

const BASIC = `Basic ${Buffer.from('ann:x').toString('base64')}`

test('an image is deleted by its digest, with a token for this machine’s credentials', async () => {
  await using registry = await openRegistry(202)
  const image = `${registry.address}/team/app:ci-1-abc`
  expect(await nameByDigest(image, signal)).toBe(`${registry.address}/team/app@${digest}`)
  expect(await deleteFromRegistry(image, signal)).toBe(true)
  expect(registry.calls).toEqual([
    `token registry repository:team/app:pull ${BASIC}`,
    'HEAD /v2/team/app/manifests/ci-1-abc',
    `token registry repository:team/app:pull ${BASIC}`,
    'HEAD /v2/team/app/manifests/ci-1-abc',
    `token registry repository:team/app:pull,push,delete ${BASIC}`,
    `DELETE /v2/team/app/manifests/${digest}`,
  ])
  // A second removal finds nothing, and is no failure.
  expect(await deleteFromRegistry(image, signal)).toBe(true)
})

test('a registry that refuses deletion is no failure', async () => {
  await using registry = await openRegistry(405)
  expect(await deleteFromRegistry(`${registry.address}/team/app:ci-1-abc`, signal)).toBe(false)
})
