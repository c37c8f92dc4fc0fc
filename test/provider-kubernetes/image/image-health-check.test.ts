import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { ImageHealthChecks } from '../../../packages/provider-kubernetes/src/image/image-health-check.ts'
import { parseImageName, registryUrl } from '../../../packages/provider-kubernetes/src/image/image-name.ts'

const CONFIG = {
  config: {
    Healthcheck: { Test: ['CMD-SHELL', 'pg_isready'], Interval: 2_000_000_000, Retries: 5 },
    Shell: ['/bin/bash', '-c'],
  },
}
const OBJECTS: { readonly [path: string]: object } = {
  'manifests/17': {
    manifests: [
      { digest: 'sha256:attestation', platform: { os: 'unknown', architecture: 'unknown' } },
      { digest: 'sha256:arm', platform: { os: 'linux', architecture: 'arm64' } },
    ],
  },
  'manifests/sha256:arm': { config: { digest: 'sha256:config' } },
  'blobs/sha256:config': CONFIG,
  'manifests/plain': { config: { digest: 'sha256:empty' } },
  'blobs/sha256:empty': { config: {} },
  [`manifests/sha256:${'a'.repeat(64)}`]: { config: { digest: 'sha256:config' } },
}

const cleanUps: (() => void | Promise<void>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

interface RegistryStandIn {
  readonly host: string
  readonly paths: readonly string[]
}

/** STAND-IN for a registry, for what the one of the test bed does not do: tokens, and no answer. */
async function startRegistry(answer: 'open' | 'token' | 'silent'): Promise<RegistryStandIn> {
  const paths: string[] = []
  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '', 'http://stand-in')
    paths.push(url.pathname)
    if (answer === 'silent') return
    if (url.pathname === '/token') {
      const user = Buffer.from((request.headers.authorization ?? '').replace('Basic ', ''), 'base64').toString()
      const isAllowed = user === 'me:secret' && url.searchParams.get('scope') === 'repository:team/db:pull'
      response.writeHead(isAllowed ? 200 : 401).end(JSON.stringify({ token: 'granted' }))
      return
    }
    if (answer === 'token' && request.headers.authorization !== 'Bearer granted') {
      const realm = `Bearer realm="http://${request.headers.host}/token",service="stand-in"`
      response.writeHead(401, { 'WWW-Authenticate': realm }).end()
      return
    }
    const object = OBJECTS[url.pathname.replace('/v2/team/db/', '')]
    response.writeHead(object ? 200 : 404).end(JSON.stringify(object ?? {}))
  }
  const server = createServer(respond).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUps.push(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, paths }
}

const never = new AbortController().signal
const find = (image: string, imageId = ''): ReturnType<ImageHealthChecks['find']> =>
  new ImageHealthChecks().find({ image, imageId }, never)

describe('the HEALTHCHECK of an image, from its registry', () => {
  const expected = { test: ['/bin/bash', '-c', 'pg_isready'], intervalMs: 2_000, retries: 5 }

  test('through the list of platforms, without its attestations', async () => {
    const { host } = await startRegistry('open')
    expect(await find(`${host}/team/db:17`)).toEqual(expected)
    expect(await find(`${host}/team/db:plain`)).toBeUndefined()
    expect(await find(`${host}/team/db:absent`)).toBeUndefined()
  })

  test('by the digest that runs, and once for each image', async () => {
    const { host, paths } = await startRegistry('open')
    const checks = new ImageHealthChecks()
    const given = {
      image: `${host}/team/db:17`,
      imageId: `${host}/team/db@sha256:${'a'.repeat(64)}`,
    }
    expect(await checks.find(given, never)).toEqual(expected)
    expect(await checks.find(given, never)).toEqual(expected)
    expect(paths).toEqual([`/v2/team/db/manifests/sha256:${'a'.repeat(64)}`, '/v2/team/db/blobs/sha256:config'])
  })

  test('with a token for the credentials of Docker', async () => {
    const { host } = await startRegistry('token')
    expect(await find(`${host}/team/db:17`)).toBeUndefined()
    const folder = mkdtempSync(join(tmpdir(), 'moorage-registry-'))
    cleanUps.push(() => rmSync(folder, { recursive: true }))
    const auth = Buffer.from('me:secret').toString('base64')
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }))
    vi.stubEnv('DOCKER_CONFIG', folder)
    expect(await find(`${host}/team/db:17`)).toEqual(expected)
  })

  test('none after 3 s without an answer, and then at once for other images of that registry', async () => {
    const { host, paths } = await startRegistry('silent')
    const checks = new ImageHealthChecks()
    const since = performance.now()
    expect(await checks.find({ image: `${host}/team/db:17`, imageId: '' }, never)).toBeUndefined()
    const elapsed = performance.now() - since
    expect(elapsed).toBeGreaterThan(2_900)
    expect(elapsed).toBeLessThan(6_000)
    expect(await checks.find({ image: `${host}/other:1`, imageId: '' }, never)).toBeUndefined()
    expect(paths).toHaveLength(1)
  })
})

test('names of images: registry, repository, and tag or digest', () => {
  expect(parseImageName('postgres')).toEqual({
    registry: 'docker.io',
    repository: 'library/postgres',
    reference: 'latest',
  })
  expect(parseImageName('docker.io/bitnami/redis:7')).toEqual({
    registry: 'docker.io',
    repository: 'bitnami/redis',
    reference: '7',
  })
  expect(parseImageName('localhost:5000/a/b:1@sha256:f')).toEqual({
    registry: 'localhost:5000',
    repository: 'a/b',
    reference: 'sha256:f',
  })
  expect(['docker.io', 'localhost:5000', '127.0.0.1', 'ghcr.io'].map(registryUrl)).toEqual([
    'https://registry-1.docker.io',
    'http://localhost:5000',
    'http://127.0.0.1',
    'https://ghcr.io',
  ])
})
