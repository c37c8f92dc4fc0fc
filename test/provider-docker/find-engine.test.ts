import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { contextEngine } from '../../packages/provider-docker/src/engine/docker-context.ts'
import { engineAt, environmentTls } from '../../packages/provider-docker/src/engine/engine-address.ts'
import { findEngine } from '../../packages/provider-docker/src/engine/find-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'moorage-docker-context-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function writeContext(name: string, endpoint: object, certificates: readonly string[]): void {
  const id = createHash('sha256').update(name).digest('hex')
  const meta = join(folder, 'contexts/meta', id)
  const tls = join(folder, 'contexts/tls', id, 'docker')
  for (const path of [meta, tls]) mkdirSync(path, { recursive: true })
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: endpoint } }))
  for (const file of certificates) writeFileSync(join(tls, `${file}.pem`), `${file} of ${name}`)
}

test('a Docker context brings its own TLS files', () => {
  writeContext('far', { Host: 'tcp://far.example:2376' }, ['ca', 'cert', 'key'])
  expect(contextEngine({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'far' })?.target).toEqual({
    protocol: 'https',
    host: 'far.example',
    port: 2376,
    ca: Buffer.from('ca of far'),
    cert: Buffer.from('cert of far'),
    key: Buffer.from('key of far'),
  })
})

test('a Docker context may skip the verification, or be of another machine without TLS', () => {
  writeContext('lax', { Host: 'tcp://lax.example:2376', SkipTLSVerify: true }, [])
  writeContext('plain', { Host: 'tcp://plain.example' }, [])
  expect(contextEngine({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'lax' })?.target).toEqual({
    protocol: 'https',
    host: 'lax.example',
    port: 2376,
    rejectUnauthorized: false,
  })
  expect(contextEngine({ DOCKER_CONFIG: folder, DOCKER_CONTEXT: 'plain' })?.target).toEqual({
    protocol: 'http',
    host: 'plain.example',
    port: 2375,
  })
})

test.each([
  [
    { DOCKER_CONTEXT: 'lost' },
    '',
    `DOCKER_CONTEXT: there is no Docker context 'lost' in ${folder}/contexts`,
    'List the contexts with `docker context ls`, and choose one with `docker context use`.',
  ],
  [
    {},
    '{"currentContext":"gone"}',
    `currentContext in ${folder}/config.json: there is no Docker context 'gone' in ${folder}/contexts`,
    'List the contexts with `docker context ls`, and choose one with `docker context use`.',
  ],
  [
    {},
    '{"currentContext":',
    `${folder}/config.json is not valid JSON`,
    'Correct the file, or log in again with `docker login`.',
  ],
])(
  'a context that does not exist, or a config that is broken, is an error: %j %s',
  async (env, config, reason, fix) => {
    writeFileSync(join(folder, 'config.json'), config)
    expect(await findEngine({ env: { DOCKER_CONFIG: folder, ...env } })).toEqual({
      ok: false,
      configured: true,
      reason,
      fix,
    })
  },
)

test('DOCKER_TLS_VERIFY without a path takes the files beside the config of Docker', () => {
  writeFileSync(join(folder, 'ca.pem'), 'own')
  expect(engineAt('tcp://x.example', environmentTls({ DOCKER_TLS_VERIFY: '1', DOCKER_CONFIG: folder })).target).toEqual(
    { protocol: 'https', host: 'x.example', port: 2376, ca: Buffer.from('own') },
  )
  expect(environmentTls({ DOCKER_TLS_VERIFY: '' })).toBe(undefined)
})

// FAKE: answers the one request that is sent, because the test bed's engines listen on sockets only.
test('an engine at an IPv6 address is found', async () => {
  const server = createServer((_, response) => response.end('{"Version":"1"}')).listen(0, '::1')
  await once(server, 'listening')
  try {
    const host = `tcp://[::1]:${(server.address() as AddressInfo).port}`
    expect(await findEngine({ host, env: {} })).toMatchObject({ ok: true, version: '1', engine: { host } })
  } finally {
    server.close()
  }
})
