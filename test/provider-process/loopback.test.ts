import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { command, defineConfig, plainProcess, provision, type Config } from '../../packages/moorage/src/index.ts'
import { thrownMessage } from '../thrown-error.ts'

const root = mkdtempSync(join(tmpdir(), 'moorage-loopback-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const hasIpv6 = Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1'))

const server = (host: string): string[] => [
  process.execPath,
  '-e',
  `require('node:http').createServer((_, answer) => answer.end('here'))` +
    `.listen(Number(process.argv[1]), '${host}')`,
  '$PORT',
]

const start = async (services: Parameters<typeof defineConfig>[0]['services']): ReturnType<typeof provision> => {
  const { MOORAGE: _, ...own } = process.env
  const config = defineConfig({ root, provider: plainProcess(), services }) as Config
  return await provision(config, {
    env: { ...own, CI: '', MOORAGE_PROVIDER: '', MOORAGE_CACHE_DIR: join(root, 'cache'), MOORAGE_SUPERVISOR: 'inline' },
    onProgress: () => {},
  })
}

describe.skipIf(!hasIpv6)(`servers on ::1${hasIpv6 ? '' : ' (this machine has no ::1)'}`, () => {
  test('a server that listens on ::1 only is found, and its URL names that address', async () => {
    const env = await start({
      api: command({ command: server('::1'), deadlines: { ready: 5_000 } }),
      both: command({ command: server('::') }),
    })
    try {
      const { api, both } = env.endpoints as { [name: string]: { url: string } }
      expect(api?.url).toMatch(/^http:\/\/\[::1\]:\d+$/)
      expect(both?.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      for (const each of [api, both]) expect(await (await fetch(each?.url ?? '')).text()).toBe('here')
    } finally {
      await env.dispose()
    }
  })
})

test.skipIf(process.platform !== 'linux')(
  'a service that is never ready: the error says where it listens',
  async () => {
    const port = await freePort()
    const other = server('127.0.0.1')
    const message = await thrownMessage(() =>
      start({ api: command({ command: [...other.slice(0, -1), String(port)], deadlines: { ready: 700 } }) }),
    )
    const text = message
      .replace(`127.0.0.1:${port}`, 'OTHER')
      .replace(/127\.0\.0\.1:\d+/, 'ASKED')
      .replace(/process \d+/, 'process N')
    expect(text).toContain(
      'services.api did not become ready within 0.7 s: connection refused by ASKED. It listens on OTHER (process N, node).',
    )
    const silent = await thrownMessage(() =>
      start({ api: command({ command: ['sleep', '100'], deadlines: { ready: 300 } }) }),
    )
    expect(silent).toContain(' None of its processes listens on a port.')
  },
)

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done))
  const { port } = probe.address() as { port: number }
  await new Promise((done) => probe.close(done))
  return port
}
