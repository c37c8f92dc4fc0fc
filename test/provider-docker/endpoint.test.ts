import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { currentOwner, type Run, type Unit } from '@moorage/core'
import { monotonicClock } from '../../packages/core/src/provider-kit/clock.ts'
import { tcp } from '../../packages/core/src/readiness/tcp.ts'
import { missing } from '../../e2e/harness/engine.ts'
import { provider } from '../../packages/provider-docker/src/provider.ts'

const reason = missing('docker')
const { signal } = new AbortController()
const silentReport = { phase: () => {}, journal: () => {}, notice: () => {} }

describe.skipIf(reason)(`readiness by a port${reason ? ` (${reason})` : ''}`, () => {
  test('a port proxy of the engine that accepts before the server listens makes no service ready', async () => {
    const id = `listens-${randomBytes(4).toString('hex')}`
    const run: Run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
    const session = await provider({ host: process.env['DOCKER_HOST'] ?? '' }, { root: process.cwd() }).open(
      run,
      silentReport,
      signal,
    )
    const start = (name: string, command: readonly string[]): Promise<Unit> =>
      session.start(
        { name, ports: { main: 7_000 }, env: {}, sensitive: [], container: { image: 'busybox:1.37', command } },
        signal,
      )
    const probe = (service: string, unit: Unit): Promise<string | undefined> =>
      tcp(
        { kind: 'tcp' },
        { service, unit, probes: [], ports: { main: 7_000 }, signal, clock: monotonicClock, onAttempt: () => {} },
      )
    try {
      const [deaf, open] = await Promise.all([
        start('deaf', ['sleep', '100']),
        start('open', ['nc', '-ll', '-p', '7000', '-e', 'cat']),
      ])
      await expect.poll(() => probe('open', open), { timeout: 5_000 }).toBe(undefined)
      const proxy = proxyOf((await deaf.endpoint(7_000, 'host')).port)
      process.kill(proxy, 'SIGSTOP')
      try {
        expect(await probe('deaf', deaf)).toBe('nothing listens on port 7000 in the container')
      } finally {
        process.kill(proxy, 'SIGCONT')
      }
    } finally {
      await session.close()
    }
  })
})

/** The pid of the engine's process that forwards the connections of a published port. */
function proxyOf(port: number): number {
  const found = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .find((pid) => commandOf(pid).includes(`docker-proxy -proto tcp -host-ip 127.0.0.1 -host-port ${port} `))
  if (found === undefined) throw new RangeError(`no docker-proxy for port ${port}`)
  return Number(found)
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
