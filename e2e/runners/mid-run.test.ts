import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { kubectl, missing } from '../harness/engine.ts'
import { openStage, until } from '../harness/fixture.ts'
import { openVitest } from '../harness/vitest.ts'

const files = {
  'moorage.config.ts':
    "import { defineConfig, redis } from 'moorage'\nexport default defineConfig({ services: { cache: redis() } })",
  'test/web.test.ts': `import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { services } from 'moorage/test'
import { expect, test } from 'vitest'
test('reaches its cache', async () => {
  const { host, port } = services().cache
  // Open when its end comes: the forward has to end it, and nothing else.
  const open = connect(port, host).on('error', () => {})
  await new Promise((done) => open.once('connect', done))
  writeFileSync(process.env.TEST_RUNS_FILE, 'runs')
  await new Promise((done) => open.once('close', done))
  await sleep(1_000)
  const again = connect(port, host)
  expect(await new Promise((done) => again.once('error', () => done('gone')).once('close', () => done('gone')).once('data', () => done('there')).once('connect', () => again.write('PING\\r\\n')))).toBe('there')
}, 60_000)`,
}

const kill = {
  docker() {
    const docker = (...args: string[]): string =>
      spawnSync('docker', ['-H', process.env['DOCKER_HOST'] ?? '', ...args], { encoding: 'utf8' }).stdout.trim()
    docker('kill', docker('ps', '-q', '--filter', 'label=moorage.run'))
  },
  kubernetes() {
    const [namespace = '', pod = ''] = kubectl(
      'get',
      'pods',
      '-A',
      '-l',
      'moorage.service',
      '--no-headers',
      '-o',
      'custom-columns=N:.metadata.namespace,P:.metadata.name',
    )
      .stdout.trim()
      .split(/\s+/)
    kubectl('delete', 'pod', pod, '-n', namespace, '--grace-period=0', '--force')
  },
} as const

test.for(['docker', 'kubernetes'] as const)(
  '13: on %s, a container or pod killed in mid-run: one clear message, and no unhandled error',
  async (provider, { skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    using project = openVitest('5', files)
    await using stage = await openStage(project.folder, provider)
    const child = await stage.start(project.command('run'))
    let over = false
    void child.ended.then(() => (over = true))
    await until('tests', () => over || existsSync(stage.runsFile))
    kill[provider]()
    expect(await child.ended, child.output()).toEqual({ code: 1, signal: null })
    expect(
      child.output().match(/^moorage: ✗ services\.cache (was killed by SIGKILL|was lost|ended)\b/gm),
      child.output(),
    ).toHaveLength(1)
    expect(child.output()).not.toMatch(/Unhandled|MoorageError/)
    expect(child.output()).toMatch(/FAIL {2}test\/web\.test\.ts > reaches its cache\n[^]*Service: services\.cache was /)
    await stage.clean(5_000)
  },
)
