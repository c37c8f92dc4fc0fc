import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { config, openProject } from '../cli/project.ts'
import { waitForDeletions } from '../harness/cluster.ts'
import { kubectl, missing, NAMESPACE } from '../harness/engine.ts'
import { moorage, openStage, until, type Stage } from '../harness/fixture.ts'
import { withoutJobs } from '../testbed/kubernetes-users.ts'

// They ask the cluster for everything of a kind.
beforeEach(async () => {
  if (!missing('kubernetes')) await waitForDeletions()
})

const site = { 'site/index.html': 'hello' }
const services = "web: staticServer({ root: 'site' }), db: postgres()"
const GRACE = 8
const objects = (): string => kubectl('get', 'pods,secrets,services,leases', '-n', NAMESPACE, '-o', 'name').stdout

test('where Jobs are denied, a Lease keeps the run, and goes with it', async ({ skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  const leased = { KUBECONFIG: await withoutJobs(), MOORAGE_NAMESPACE: NAMESPACE }
  using project = openProject({ ...site, 'moorage.config.ts': config(services, 'kubernetes({ grace: 4 })') })
  await using stage = await openStage(project.folder, 'kubernetes')
  const child = await stage.start(
    moorage(
      project.folder,
      'exec',
      '--',
      'sh',
      '-c',
      `echo RUNNING; sleep 10; ${process.execPath} -e "fetch(process.env.WEB_URL).then((r) => r.text()).then(console.log)"`,
    ),
    leased,
  )
  await until('tests', () => child.output().includes('RUNNING'))
  expect(objects()).toMatch(/lease\.coordination\.k8s\.io\/dev-/)
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toContain(
    `moorage: provider kubernetes (context testbed, namespace ${NAMESPACE}, kept alive by a Lease: no permission for Jobs;`,
  )
  expect(child.output()).toContain('hello')
  await stage.clean(5_000)
})

test('what a killed run left goes at the second start of another machine, by a Lease that stayed as it was; a living run stays', async ({
  skip,
}) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  const leased = { KUBECONFIG: await withoutJobs(), MOORAGE_NAMESPACE: NAMESPACE }
  const source = config(services, `kubernetes({ grace: ${GRACE} })`)
  using dead = openProject({ ...site, 'moorage.config.ts': source })
  using living = openProject({ ...site, 'moorage.config.ts': source })
  using other = openProject({ ...site, 'moorage.config.ts': config("web: staticServer({ root: 'site' })") })
  await using stage = await openStage(dead.folder, 'kubernetes')
  await using second = await openStage(living.folder, 'kubernetes')
  const lives = await second.start(
    onAnotherMachine(
      moorage(
        living.folder,
        'exec',
        '--',
        'sh',
        '-c',
        `echo RUNNING; until [ -e go ]; do sleep 0.2; done; ${process.execPath} -e "fetch(process.env.WEB_URL).then((r) => r.text()).then(console.log)"`,
      ),
    ),
    { ...leased, ...elsewhere(second) },
  )
  await until('tests', () => lives.output().includes('RUNNING'))
  const alive = objects().split('\n')
  const child = await stage.start(moorage(dead.folder, 'exec', '--', 'sh', '-c', 'echo RUNNING; sleep 10'), leased)
  await until('tests', () => child.output().includes('RUNNING'))
  const supervisor = await stage.supervisor()
  // What it ran outlives it for ten seconds.
  child.kill('SIGKILL')
  process.kill(supervisor, 'SIGKILL')
  await child.ended
  const left = objects()
    .split('\n')
    .filter((name) => name.includes('/dev-') && !alive.includes(name))
  expect(left.length).toBeGreaterThanOrEqual(4)
  // Each start is another machine's: neither knows the journal, nor can it look for the owner.
  const next = async (): Promise<void> => {
    const start = await stage.start(onAnotherMachine(moorage(other.folder, 'exec', '--', 'true')), {
      ...leased,
      ...elsewhere(stage),
    })
    expect(await start.ended, start.output()).toEqual({ code: 0, signal: null })
  }
  await next()
  expect(objects().split('\n')).toEqual(expect.arrayContaining(left))
  await sleep(1_000 * GRACE + 1_000)
  await next()
  await expect
    .poll(
      () =>
        objects()
          .split('\n')
          .filter((name) => left.includes(name)),
      { timeout: 15_000, interval: 200 },
    )
    .toEqual([])
  writeFileSync(join(living.folder, 'go'), '')
  expect(await lives.ended, lives.output()).toEqual({ code: 0, signal: null })
  expect(lives.output()).toContain('hello')
  // Socket, log and journal wait for the next start on the machine itself.
  const own = await stage.start(moorage(other.folder, 'exec', '--', 'true'), leased)
  expect(await own.ended, own.output()).toEqual({ code: 0, signal: null })
  await stage.clean(5_000)
}, 180_000)

/** A cache folder of its own, and so no journal of others. */
function elsewhere({ world }: Stage): { readonly MOORAGE_CACHE_DIR: string } {
  return { MOORAGE_CACHE_DIR: `${world.folder}/elsewhere` }
}

function onAnotherMachine(command: readonly string[]): readonly string[] {
  return ['unshare', '--uts', 'sh', '-c', 'hostname another-machine && exec "$@"', 'sh', ...command]
}
