import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { currentOwner, type Owner, type Run, type Session } from '@moorage/core'
import { missing } from '../../e2e/harness/engine.ts'
import { provider } from '../../packages/provider-docker/src/provider.ts'

const reason = missing('docker')
const { signal } = new AbortController()
const docker = (...args: string[]): string =>
  execFileSync('docker', ['-H', process.env['DOCKER_HOST'] as string, ...args], { encoding: 'utf8' }).trim()
const listVolumes = (): string => docker('volume', 'ls', '-q')
const engine = provider({}, { root: process.cwd() })

/** Starts a server whose image declares a volume, without a tmpfs in its place. */
async function start(owner: Owner): Promise<{ readonly session: Session; readonly run: Run }> {
  const id = `volumes-${randomBytes(4).toString('hex')}`
  const run: Run = { id, labels: { 'moorage.run': id }, owner, root: process.cwd(), cache: '' }
  const session = await engine.open(run, { phase: () => {}, journal: () => {}, notice: () => {} }, signal)
  await session.start(
    { name: 'a', ports: { main: 6379 }, env: {}, sensitive: [], container: { image: 'redis:7' } },
    signal,
  )
  return { session, run }
}

describe.skipIf(reason)(`objects on docker${reason ? ` (${reason})` : ''}`, () => {
  test('the volume that an image declares goes with its container', async () => {
    const before = listVolumes()
    const { session } = await start(currentOwner())
    expect(listVolumes()).not.toBe(before)
    await session.close()
    expect(listVolumes()).toBe(before)
  })

  test('so it does when a dead owner is cleaned up after', async () => {
    const before = listVolumes()
    await start({ ...currentOwner(), pid: 1, started: 1 })
    expect(listVolumes()).not.toBe(before)
    await engine.reap?.({ journals: [], alive: ({ started }) => started !== 1 }, signal)
    expect(listVolumes()).toBe(before)
  })

  test('a foreign container of the same name is not touched, whether the start succeeds or fails', async () => {
    const id = `volumes-${randomBytes(4).toString('hex')}`
    const run: Run = { id, labels: { 'moorage.run': id }, owner: currentOwner(), root: process.cwd(), cache: '' }
    const foreign = docker('create', '--name', `moorage-${id}-a`, 'busybox:1.37', 'true')
    const session = await engine.open(run, { phase: () => {}, journal: () => {}, notice: () => {} }, signal)
    try {
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
        code: 'START_FAILED',
        message: expect.stringContaining('is already in use'),
      })
      await session.close()
      expect(docker('ps', '-aq', '--no-trunc', '--filter', `name=moorage-${id}-a`)).toBe(foreign)
    } finally {
      await session.close()
      docker('rm', '-f', foreign)
    }
  })
})
