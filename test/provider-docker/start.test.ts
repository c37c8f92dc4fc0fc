import { createServer, type Server } from 'node:net'
import { describe, expect, test } from 'vitest'
import { missing } from '../../e2e/harness/engine.ts'
import { openSession } from './engine-session.ts'

const reason = missing('docker')
const host = process.env['DOCKER_HOST'] ?? ''
const { signal } = new AbortController()
// The engine tries ten of its own before it gives up.
const PORTS_IN_USE = 25

describe.skipIf(reason)(`the start of a container${reason ? ` (${reason})` : ''}`, () => {
  test('is tried again when the ports that the engine chooses are in use', async () => {
    const { session } = await openSession(host)
    const servers: Server[] = []
    try {
      const start = (name: string) =>
        session.start(
          {
            name,
            ports: { main: 7_000 },
            env: {},
            sensitive: [],
            container: { image: 'busybox:1.37', command: ['sleep', '100'] },
          },
          signal,
        )
      const first = await (await start('a')).endpoint(7_000, 'host')
      for (let port = first.port + 1; port <= first.port + PORTS_IN_USE; port++) {
        const server = createServer()
        servers.push(server)
        await new Promise<void>((resolve) => server.on('error', () => resolve()).listen(port, '127.0.0.1', resolve))
      }
      const second = await (await start('b')).endpoint(7_000, 'host')
      expect(second.port).toBeGreaterThan(first.port + PORTS_IN_USE)
    } finally {
      for (const server of servers) server.close()
      await session.close()
    }
  })
})
