import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { dockerKinds } from '../../test/inventory/docker.ts'
import { expectUnchanged, takeInventory } from '../../test/inventory/inventory.ts'
import type { Spawned } from '../../test/inventory/world.ts'
import { config, openProject, type Project } from '../cli/project.ts'
import { missing } from '../harness/engine.ts'
import { moorage, openStage, until, type Stage } from '../harness/fixture.ts'
import { docker } from '../harness/units.ts'
import { bridgeAddress } from '../testbed/docker-config.ts'

const reason = missing('docker')
const real = process.env['DOCKER_HOST'] ?? ''
const socket = real.replace('unix://', '')
// The test bed turns it off for testcontainers' own.
const ON = { TESTCONTAINERS_RYUK_DISABLED: '', TESTCONTAINERS_DOCKER_SOCKET_OVERRIDE: socket }
const HOLD = 'echo RUNNING; until [ -e go ]; do sleep 0.1; done'
const KEPT =
  'moorage: Ryuk removes the services 10 s after the supervisor is gone: with this machine, or at the end of the CI job.\n'

const projectOn = (provider: string): Project =>
  openProject({
    'site/index.html': 'hello',
    'moorage.config.ts': config("web: staticServer({ root: 'site' })", provider),
  })

async function hold(stage: Stage, { folder }: Project): Promise<Spawned> {
  const child = await stage.start(
    moorage(folder, 'exec', '--config', join(folder, 'moorage.config.ts'), '--', 'sh', '-c', HOLD),
    ON,
  )
  await until(`tests:\n${child.output()}`, () => child.output().includes('RUNNING'))
  return child
}

async function supervisors({ world }: Stage): Promise<readonly number[]> {
  const items = (await world.kinds[0]?.take()) ?? []
  return items.flatMap((item) => (/ moorage supervisor/.test(item) ? [Number.parseInt(item)] : []))
}

/** The test bed's engine, by TCP at an address that is not this machine's loopback. */
async function openDoor(): Promise<{ readonly door: Server; readonly host: string }> {
  const [address = ''] = bridgeAddress.split('/')
  const door = createServer(
    (client) =>
      void client
        .on('error', () => {})
        .pipe(connect(socket).on('error', () => {}))
        .pipe(client),
  )
  await once(door.listen(0, address), 'listening')
  return { door, host: `tcp://${address}:${(door.address() as AddressInfo).port}` }
}

describe.skipIf(reason)(`ryuk${reason ? ` (${reason})` : ''}`, () => {
  // What a failed test has left would be missed by the next one.
  afterEach(() => void spawnSync(process.execPath, ['packages/moorage/bin/moorage.mjs', 'gc']))

  test('runner and supervisor killed together on an engine elsewhere: the run is gone within 20 s without a next start, and another run without it is not', async () => {
    const { door, host } = await openDoor()
    await using _ = door
    using guarded = projectOn(`docker({ host: '${host}', ryuk: true })`)
    using other = projectOn('docker()')
    await using stage = await openStage(guarded.folder, 'docker')
    const kinds = dockerKinds(real)
    const before = await takeInventory(kinds)
    const children = [await hold(stage, guarded), await hold(stage, other)]
    const names = docker('ps', '--format', '{{.Names}}')
    const [, ofGuarded = ''] = /moorage-ryuk-(\S+)/.exec(names) ?? []
    const run = [...names.matchAll(/moorage-(\S+)-web/g)].map(([, id]) => id).find((id) => id !== ofGuarded)
    const doomed = [...(await supervisors(stage)), ...children.map(({ pid }) => pid)]
    expect(doomed).toHaveLength(4)
    for (const pid of doomed) process.kill(pid, 'SIGKILL')
    await Promise.all(children.map(({ ended }) => ended))
    writeFileSync(join(guarded.folder, 'go'), '')
    const pattern = new RegExp(`moorage-${run}`)
    const ofOther = ['docker container', 'docker network'].map((kind) => ({
      kind,
      pattern,
      why: 'no start has cleaned up after that run yet',
    }))
    await expectUnchanged(before, { kinds, exclusions: ofOther, within: 20_000 })
    await expect(expectUnchanged(before, { kinds, within: 0 })).rejects.toThrow(/left behind: docker container/)
    const next = await stage.start(
      moorage(other.folder, 'exec', '--config', join(other.folder, 'moorage.config.ts'), '--', 'true'),
    )
    expect(await next.ended, next.output()).toEqual({ code: 0, signal: null })
    await stage.clean(5_000)
  })

  test('a normal end takes it along, at once', async () => {
    const [, shown = ''] = /^```ts\n([^]*?)^```/m.exec(readFileSync('docs/docker.md', 'utf8')) ?? []
    using project = openProject({ 'moorage.config.ts': shown })
    await using stage = await openStage(project.folder, 'docker')
    const child = await stage.start(moorage(project.folder, 'exec', '--', 'docker', 'ps', '--format', '{{.Image}}'), ON)
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toMatch(/^testcontainers\/ryuk:\S+$/m)
    await stage.clean(2_000)
  })

  test('a kept run ends with its supervisor, and a notice says so', async () => {
    using project = projectOn('docker({ ryuk: true })')
    await using stage = await openStage(project.folder, 'docker')
    const kinds = dockerKinds(real)
    const before = await takeInventory(kinds)
    const failed = await stage.start(moorage(project.folder, 'exec', '--', 'false'), {
      ...ON,
      MOORAGE_KEEP: 'on-failure',
    })
    expect(await failed.ended).toEqual({ code: 1, signal: null })
    expect(failed.output()).toContain(`${KEPT}moorage: Keeping the services of run `)
    process.kill(await stage.supervisor(), 'SIGKILL')
    await expectUnchanged(before, { kinds, within: 20_000 })
    await (
      await stage.start(moorage(project.folder, 'gc'))
    ).ended
    await stage.clean(5_000)
  })

  test('a broken connection is opened again; a dead Ryuk is reported, and delays nothing', async () => {
    using project = projectOn('docker({ ryuk: true })')
    await using stage = await openStage(project.folder, 'docker')
    const child = await hold(stage, project)
    const [, ryuk = '', port = ''] =
      /(moorage-ryuk-\S+) \S*:(\d+)->/.exec(docker('ps', '--format', '{{.Names}} {{.Ports}}')) ?? []
    spawnSync('ss', ['-K', 'dst', '127.0.0.1', 'dport', '=', port])
    await until('two connections', () => docker('logs', ryuk).split('client disconnected').length > 1)
    // Longer than Ryuk waits for a connection to come back.
    await sleep(12_000)
    expect(docker('ps', '--format', '{{.Names}}')).toMatch(/^moorage-.*-web$/m)
    expect(child.output()).not.toContain('no longer answers')
    docker('kill', ryuk)
    await until(
      'its word',
      () =>
        child
          .output()
          .includes(
            'moorage: Ryuk no longer answers. If it has ended, nothing removes the services when this machine is gone. If it still runs, it removes them now.\n',
          ),
      15_000,
    )
    writeFileSync(join(project.folder, 'go'), '')
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    await stage.clean(2_000)
  })

  test('a foreign testcontainers process does not adopt our Ryuk; the variable that disables Ryuk disables ours too', async () => {
    using project = projectOn('docker({ ryuk: true })')
    await using stage = await openStage(project.folder, 'docker')
    const child = await hold(stage, project)
    expect(docker('ps', '--filter', 'label=org.testcontainers.ryuk=true', '--format', '{{.Names}}')).toBe('')
    writeFileSync(join(project.folder, 'go'), '')
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    const off = await stage.start(moorage(project.folder, 'exec', '--', 'docker', 'ps', '--format', '{{.Image}}'), {
      TESTCONTAINERS_RYUK_DISABLED: 'true',
    })
    expect(await off.ended, off.output()).toEqual({ code: 0, signal: null })
    expect(off.output()).toContain('moorage: TESTCONTAINERS_RYUK_DISABLED is true: docker({ ryuk }) starts none.\n')
    expect(off.output()).not.toMatch(/^testcontainers\//m)
    await stage.clean(2_000)
  })
})
