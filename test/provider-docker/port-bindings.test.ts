import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { currentOwner, type Run } from '@moorage/core'
import { missing } from '../../e2e/harness/engine.ts'
import { provider } from '../../packages/provider-docker/src/provider.ts'

const reason = missing('docker')

describe.skipIf(reason)(`ports on docker${reason ? ` (${reason})` : ''}`, () => {
  test('every published port is on 127.0.0.1 only', async () => {
    const id = `binding-${randomBytes(4).toString('hex')}`
    const run: Run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
    const { signal } = new AbortController()
    const session = await provider({}, { root: process.cwd() }).open(
      run,
      { phase: () => {}, journal: () => {}, notice: () => {} },
      signal,
    )
    try {
      const container = { image: 'busybox:1.37', command: ['sleep', '1000'] }
      const unit = await session.start(
        { name: 'a', ports: { main: 7000, other: 7001 }, env: {}, sensitive: [], container },
        signal,
      )
      const { NetworkSettings } = inspect(`moorage-${id}-a`)
      const endpoints = await Promise.all([7000, 7001].map((port) => unit.endpoint(port, 'host')))
      expect(NetworkSettings.Ports).toEqual({
        '7000/tcp': [{ HostIp: '127.0.0.1', HostPort: String(endpoints[0]?.port) }],
        '7001/tcp': [{ HostIp: '127.0.0.1', HostPort: String(endpoints[1]?.port) }],
      })
      expect(endpoints.map(({ host }) => host)).toEqual(['127.0.0.1', '127.0.0.1'])
    } finally {
      await session.close()
    }
  })
})

function inspect(name: string): { readonly NetworkSettings: { readonly Ports: unknown } } {
  return (
    JSON.parse(
      execFileSync('docker', ['-H', process.env['DOCKER_HOST'] as string, 'inspect', name], { encoding: 'utf8' }),
    ) as [never]
  )[0]
}
