import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { currentOwner, type Run } from '@moorage/core'
import { openProxy, type FaultyProxy } from '../../e2e/chaos/soak/faulty-proxy.ts'
import { missing } from '../../e2e/harness/engine.ts'
import { provider } from '../../packages/provider-docker/src/provider.ts'

const reason = missing('docker')
const { signal } = new AbortController()
const folder = mkdtempSync(join(tmpdir(), 'moorage-lost-'))
const socket = join(folder, 'docker.sock')
const engineHost = process.env['DOCKER_HOST'] ?? ''
const listObjects = (): string =>
  [
    ['ps', '-aq'],
    ['network', 'ls', '-q'],
  ]
    .map((args) => execFileSync('docker', ['-H', engineHost, ...args], { encoding: 'utf8' }))
    .join('')

let proxy: FaultyProxy

describe.skipIf(reason)(`an engine whose connection breaks off${reason ? ` (${reason})` : ''}`, () => {
  beforeAll(
    async () => void (proxy = await openProxy({ socketPath: engineHost.replace('unix://', '') }, { path: socket })),
  )
  afterAll(async () => {
    await proxy?.[Symbol.asyncDispose]()
    // Removes what a failed test left.
    await provider({}, { root: process.cwd() }).reap?.(
      { journals: [], alive: ({ pid }) => pid !== process.pid },
      signal,
    )
  })

  test.each([
    ['/images/busybox', 'before'],
    ['/networks/create', 'before'],
    ['/networks/create', 'after'],
    ['/containers/create', 'before'],
    ['/start', 'before'],
  ] as const)(
    'at %s, %s the engine has done it: the start says that it is lost, and nothing stays',
    async (where, reset) => {
      const before = listObjects()
      const id = `lost-${randomBytes(4).toString('hex')}`
      const run: Run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
      proxy.trouble = (_, path) => (path.includes(where) ? { reset } : {})
      const session = await provider({ host: `unix://${socket}` }, { root: process.cwd() }).open(
        run,
        { phase: () => {}, journal: () => {}, notice: () => {} },
        signal,
      )
      const starting = session.start(
        {
          name: 'a',
          ports: {},
          env: {},
          sensitive: [],
          container: { image: 'busybox:1.37', command: ['sleep', '100'] },
        },
        signal,
      )
      await expect(starting).rejects.toMatchObject({
        code: 'PROVIDER_LOST',
        message: expect.stringMatching(/the engine at unix:\S+ does not answer \(E[A-Z]+\)\.$/i),
      })
      proxy.trouble = () => ({})
      await session.close()
      expect(listObjects()).toBe(before)
    },
  )
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))
