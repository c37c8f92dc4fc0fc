import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { afterEach, describe, expect, test } from 'vitest'
import { currentOwner, type Json, type Owner, type ReapScope, type Run } from '@moorage/core'
import { missing } from '../../e2e/harness/engine.ts'
import { isAlive } from '../../packages/core/src/provider.ts'
import { provider } from '../../packages/provider-docker/src/provider.ts'

const reason = missing('docker')
const { signal } = new AbortController()
const engineHost = process.env['DOCKER_HOST'] ?? ''
const UNREACHABLE_HOST = 'unix:///run/moorage-nowhere/docker.sock'
const docker = (...args: string[]): string =>
  execFileSync('docker', ['-H', engineHost, ...args], { encoding: 'utf8' }).trim()
const listObjects = (): string => [docker('ps', '-aq'), docker('network', 'ls', '-q')].join()
const dead = { ...currentOwner(), started: 1 }
const unreachable = provider({ host: UNREACHABLE_HOST }, { root: process.cwd() })

function scopeOf(run: string, entries: readonly Json[]): ReapScope {
  return { journals: [{ run, owner: dead, entries }], alive: ({ started }: Owner) => started !== 1 }
}

/** Starts a run whose supervisor counts as dead, and returns the entries of its journal. */
async function startDeadRun(id: string, owner: Owner = dead): Promise<readonly Json[]> {
  const entries: Json[] = []
  const run: Run = { id, labels: { 'moorage.run': id }, owner, root: process.cwd(), cache: '' }
  const session = await provider({}, { root: process.cwd() }).open(
    run,
    { phase: () => {}, journal: (entry) => void entries.push(entry), notice: () => {} },
    signal,
  )
  await session.start(
    { name: 'a', ports: {}, env: {}, sensitive: [], container: { image: 'busybox:1.37', command: ['sleep', '100'] } },
    signal,
  )
  return entries
}

describe.skipIf(reason)(`a sweep by the journal on docker${reason ? ` (${reason})` : ''}`, () => {
  const foreign: string[] = []
  const name = (): string => `reap-${randomBytes(4).toString('hex')}`
  const create = (...args: string[]): string => {
    const id = docker('create', ...args, 'busybox:1.37', 'true')
    foreign.push(id)
    return id
  }
  afterEach(async () => {
    for (const id of foreign.splice(0)) spawnSync('docker', ['-H', engineHost, 'rm', '-f', id])
    // Removes what a failed test left.
    await provider({}, { root: process.cwd() }).reap?.(scopeOf('', []), signal)
  })

  test('goes to the engine that the run was on, though another one is the present one', async () => {
    const before = listObjects()
    const id = name()
    const entries = await startDeadRun(id)
    expect(listObjects()).not.toBe(before)
    expect(await unreachable.reap?.(scopeOf(id, entries), signal)).toEqual([
      expect.objectContaining({ kind: 'container', run: id }),
      expect.objectContaining({ kind: 'network', run: id }),
    ])
    expect(listObjects()).toBe(before)
  })

  test('an unreachable engine is reported, and does not prevent clean-up on the other', async () => {
    const before = listObjects()
    const id = name()
    const entries = await startDeadRun(id)
    await expect(
      unreachable.reap?.(scopeOf(id, [{ kind: 'network', name: 'x', host: UNREACHABLE_HOST }, ...entries]), signal),
    ).rejects.toMatchObject({
      code: 'PROVIDER_LOST',
      message: `the engine at ${UNREACHABLE_HOST} does not answer (ENOENT).`,
    })
    expect(listObjects()).toBe(before)
  })

  test('takes what it has by the id, whatever its labels, and by the name only what is labelled as the journal says', async () => {
    const [run, own, one, other] = [name(), name(), name(), name()]
    const id = create('--name', own)
    const others = [create('--name', one), create('--name', other, '--label', `moorage.run=${run}`)]
    const entries = [{ kind: 'container', id }, ...[one, other].map((each) => ({ kind: 'container', name: each }))]
    expect(
      await unreachable.reap?.(
        scopeOf(
          run,
          entries.map((entry) => ({ ...entry, host: engineHost })),
        ),
        signal,
      ),
    ).toEqual([{ kind: 'container', id, run }])
    expect(
      docker('ps', '-aq', '--no-trunc', ...[own, one, other].flatMap((each) => ['--filter', `name=${each}`]))
        .split('\n')
        .toSorted(),
    ).toEqual(others.toSorted())
  })

  test('spares the run of another machine that has the same host name', async () => {
    const id = name()
    const [machine, , namespace] = dead.host.split('/')
    // A machine that was cloned from the same image has a boot of its own.
    await startDeadRun(id, { ...dead, host: `${machine}/${randomUUID()}/${namespace}` })
    try {
      await provider({}, { root: process.cwd() }).reap?.({ journals: [], alive: isAlive }, signal)
      expect(docker('ps', '-q', '--filter', `name=moorage-${id}-a`)).not.toBe('')
    } finally {
      docker('rm', '-f', `moorage-${id}-a`)
      docker('network', 'rm', `moorage-${id}`)
    }
  })
})
