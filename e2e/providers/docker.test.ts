import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { config, openProject } from '../cli/project.ts'
import { missing } from '../harness/engine.ts'
import { moorage, openStage, until } from '../harness/fixture.ts'
import { dockerPart } from '../testbed/docker-part.ts'
import { bridgeAddress } from '../testbed/docker-config.ts'
import { runtime } from '../testbed/paths.ts'
import { running, start } from '../testbed/programs.ts'

const site = { 'site/index.html': 'hello' }
const services = "web: staticServer({ root: 'site' }), db: postgres()"
const ask = `${process.execPath} -e "fetch(process.env.WEB_URL).then((r) => r.text()).then(console.log)"`
const HOLD = 'echo RUNNING; until [ -e go ]; do sleep 0.1; done'

test('an engine on another machine: ports are published there, as a notice says, and are reached there', async ({
  skip,
}) => {
  const reason = missing('docker')
  if (reason) skip(reason)
  // The test bed's engine, by TCP at an address that is not this machine's loopback.
  const [address = ''] = bridgeAddress.split('/')
  const path = (process.env['DOCKER_HOST'] ?? '').replace('unix://', '')
  await using door = createServer(
    (socket) =>
      void socket
        .on('error', () => {})
        .pipe(connect(path).on('error', () => {}))
        .pipe(socket),
  )
  await once(door.listen(0, address), 'listening')
  using project = openProject({
    ...site,
    'moorage.config.ts': config(
      services,
      `docker({ host: 'tcp://${address}:${(door.address() as AddressInfo).port}' })`,
    ),
  })
  await using stage = await openStage(project.folder, 'docker')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', ask))
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toContain(
    `moorage: The Docker engine is on ${address}: ports are published there on all its addresses.\n`,
  )
  expect(child.output()).toMatch(new RegExp(`✓ web {2}http://${address}:\\d+ `))
  expect(child.output()).toContain('hello')
  await stage.clean(2_000)
})

for (const [what, back] of [
  ['starts again in mid-run', 'before'],
  ['is away at the end', 'after'],
] as const) {
  test(`an engine that is killed and ${what}: its services are reported as lost, and nothing is left on it after the next start`, async ({
    skip,
  }) => {
    const reason = missing('docker')
    if (reason) skip(reason)
    using project = openProject({ ...site, 'moorage.config.ts': config(services) })
    await using stage = await openStage(project.folder, 'docker')
    const links = veths()
    const child = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', HOLD))
    await until('tests', () => child.output().includes('RUNNING'))
    await killEngine()
    try {
      if (back === 'before') await startEngine()
      await until('its word', () => child.output().match(/^moorage: ✗ .*$/gm)?.length === 2, 3_000)
      const since = performance.now()
      writeFileSync(join(project.folder, 'go'), '')
      expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
      expect(performance.now() - since).toBeLessThan(5_000)
    } finally {
      if (back === 'after') await startEngine()
    }
    const lost = ['db', 'web'].map(
      (name) =>
        `moorage: ✗ services.${name} was lost (the engine stopped answering, or another program removed the container).`,
    )
    const kept = `moorage: Not removed: session docker: the engine at ${process.env['DOCKER_HOST']} does not answer (ECONNREFUSED). \`moorage gc\` and the next run try again.`
    const said = child.output().split('RUNNING\n')[1]?.trim().split('\n') ?? []
    expect(
      said
        .filter((line) => line.startsWith('moorage: '))
        .map((line) => line.replace(' Its last lines:', ''))
        .toSorted(),
    ).toEqual(back === 'after' ? [kept, ...lost].toSorted() : lost)
    if (back === 'after') {
      const next = await stage.start(moorage(project.folder, 'exec', '--', 'true'))
      expect(await next.ended, next.output()).toEqual({ code: 0, signal: null })
    }
    // A killed engine may forget its ends of the wires to containers that it has removed since.
    for (const link of veths().filter((name) => !links.includes(name))) spawnSync('ip', ['link', 'delete', link])
    await stage.clean(10_000)
  })
}

function veths(): readonly string[] {
  return readdirSync('/sys/class/net').filter((name) => name.startsWith('veth'))
}

async function killEngine(): Promise<void> {
  process.kill(running('dockerd') as number, 'SIGKILL')
  while (running('dockerd')) await sleep(10)
}

/** As the test bed started it; its containers were on their own meanwhile. */
async function startEngine(): Promise<void> {
  // A killed one leaves it, and a slow init its number.
  rmSync(join(runtime, 'engine.pid'), { force: true })
  const engine = dockerPart.programs().find(({ name }) => name === 'dockerd')
  if (engine) await start(engine)
}
