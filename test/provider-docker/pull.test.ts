import { randomBytes } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missing } from '../../e2e/harness/engine.ts'
import { loadClient, type Client } from '../../packages/provider-docker/src/engine/client.ts'
import { engineAt } from '../../packages/provider-docker/src/engine/engine-address.ts'
import { toPullError } from '../../packages/provider-docker/src/engine/pull-errors.ts'
import { provideImage } from '../../packages/provider-docker/src/engine/pull.ts'
import { thrownMessage } from '../thrown-error.ts'

const reason = missing('docker')
const { signal } = new AbortController()
const progress: string[] = []
const report = {
  phase: (_: string, phase: string, detail?: string): void => void progress.push(`${phase} ${detail}`),
  journal: () => {},
  notice: () => {},
}

// FAKE: a registry that fails once is no state that a real one can be put into.
describe.skipIf(reason)(`a registry that fails${reason ? ` (${reason})` : ''}`, () => {
  let registry: Server
  let client: Client
  let answer: RequestListener
  const image = (): string =>
    `127.0.0.1:${(registry.address() as AddressInfo).port}/${randomBytes(4).toString('hex')}:1`

  beforeAll(async () => {
    registry = createServer((request, response) => {
      if (request.url === '/v2/') return void response.end('{}')
      return answer(request, response)
    }).listen(0, '127.0.0.1')
    await once(registry, 'listening')
    client = await loadClient(engineAt(process.env['DOCKER_HOST'] ?? ''), process.cwd())
  })
  afterAll(() => void registry?.close())

  test('is asked again, and the last answer counts', async () => {
    const name = image()
    answer = (_, response) => {
      // The engine itself asks more than once.
      if (!progress.some((line) => line.includes('trying again'))) return void response.writeHead(503).end('{}')
      response.writeHead(404, { 'Content-Type': 'application/json' })
      response.end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
    }
    progress.length = 0
    const message = await thrownMessage(() => provideImage(client, { service: 'a', image: name }, { report, signal }))
    expect(message).toMatch(
      `IMAGE_NOT_FOUND\nservices.a.image: there is no image ${name} that the engine can pull.\nThe engine says: `,
    )
    expect(progress.join('\n')).toContain(`pull ${name}: trying again after: `)
  })

  test('an answer that only the user can change is not asked for again', async () => {
    answer = (_, response) => {
      response.writeHead(404, { 'Content-Type': 'application/json' })
      response.end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
    }
    const since = performance.now()
    await thrownMessage(() => provideImage(client, { service: 'a', image: image() }, { report, signal }))
    expect(performance.now() - since).toBeLessThan(500)
  })
})

test.each([
  [
    'no matching manifest for linux/arm64/v8 in the manifest list entries',
    'IMAGE_NOT_FOUND\nservices.a.image: x:1 exists, but not for the platform of the engine.\nThe engine says: no matching manifest for linux/arm64/v8 in the manifest list entries\nChoose a tag that is built for that platform, or an engine on a machine of another architecture.',
  ],
  [
    'write /var/lib/docker/tmp/GetImageBlob1: no space left on device',
    'START_FAILED\nservices.a.image: x:1 could not be pulled: the disk of the engine is full.\nThe engine says: write /var/lib/docker/tmp/GetImageBlob1: no space left on device\nRemove unused data with `docker system prune`.',
  ],
  [
    'initializing source docker://x:1: reading manifest 1 in x: manifest unknown',
    'IMAGE_NOT_FOUND\nservices.a.image: there is no image x:1 that the engine can pull.\nThe engine says: initializing source docker://x:1: reading manifest 1 in x: manifest unknown\nCorrect the name or the tag; a private image needs `docker login` first.',
  ],
  [
    'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
    'START_FAILED\nservices.a.image: x:1 could not be pulled.\nThe engine says: Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host\nCheck that the engine can reach the registry.',
  ],
])('the cause is named: %s', async (refusal, message) => {
  expect(
    await thrownMessage(() => {
      throw toPullError(new RangeError(refusal), { service: 'a', name: 'x:1' })
    }),
  ).toBe(message)
})

test('a pull that was refused without credentials names the helper that gave none', async () => {
  const problem = 'The credential helper docker-credential-desktop (credsStore in /x) is not on the PATH.'
  expect(
    await thrownMessage(() => {
      throw toPullError(new RangeError('denied'), { service: 'a', name: 'x:1', problem })
    }),
  ).toBe(
    `IMAGE_NOT_FOUND\nservices.a.image: there is no image x:1 that the engine can pull.\nThe engine says: denied\n${problem}\nCorrect the name or the tag; a private image needs \`docker login\` first.`,
  )
})
