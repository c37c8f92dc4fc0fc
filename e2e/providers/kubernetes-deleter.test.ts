import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { expectUnchanged, takeInventory, type Inventory } from '../../test/inventory/inventory.ts'
import { kubernetesKinds } from '../../test/inventory/kubernetes.ts'
import { config, openProject, type Project } from '../cli/project.ts'
import { waitForDeletions } from '../harness/cluster.ts'
import { kubeconfig, kubectl, missing } from '../harness/engine.ts'
import { moorage, openStage, until, type Stage } from '../harness/fixture.ts'

// They ask the cluster for everything of a kind.
beforeEach(async () => {
  if (!missing('kubernetes')) await waitForDeletions()
})

// Seconds, and what issue 7 allows on top of it.
const GRACE = 6
const MORE = 15

const site = {
  'site/index.html': 'hello',
  'moorage.config.ts': config("web: staticServer({ root: 'site' })", `kubernetes({ grace: ${GRACE}, deleter: true })`),
}
const kinds = kubernetesKinds(kubeconfig('admin'))

function namespaces(): readonly string[] {
  return kubectl('get', 'namespaces', '-o', 'name', '-l', 'moorage.run')
    .stdout.trim()
    .split('\n')
    .map((name) => name.replace('namespace/', ''))
}

/** Resolves when it has begun. */
async function deleterIn(own: string): Promise<void> {
  const started = 'jsonpath={.status.initContainerStatuses[0].state.*.startedAt}'
  await expect
    .poll(() => kubectl('get', 'pod', 'moorage.deleter', '-n', own, '-o', started).stdout, { timeout: 15_000 })
    .not.toBe('')
}

/** As the deleter's account; nothing is done. */
function tries(own: string, ...args: readonly string[]): string {
  const { status, stderr } = kubectl(...args, '--as', `system:serviceaccount:${own}:moorage.deleter`)
  return status === 0 ? 'done' : stderr
}

/** The milliseconds until the cluster is as before, by itself. Socket, log and journal wait on the machine. */
async function untilGone(
  stage: Stage,
  { before, project, within }: { readonly before: Inventory; readonly project: Project; readonly within: number },
): Promise<number> {
  const ms = await expectUnchanged(before, { kinds, within }).finally(async () => {
    const gc = await stage.start(moorage(project.folder, 'gc'))
    expect(await gc.ended, gc.output()).toEqual({ code: 0, signal: null })
  })
  await stage.clean(5_000)
  return ms
}

test('supervisor and client killed together: with a deleter the cluster removes the namespace as well, without another start', async ({
  skip,
}) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  using project = openProject(site)
  await using stage = await openStage(project.folder, 'kubernetes')
  const before = await takeInventory(kinds)
  const others = namespaces()
  const child = await stage.start(
    moorage(project.folder, 'exec', '--', 'sh', '-c', 'echo RUNNING; until [ -e killed ]; do sleep 0.2; done'),
  )
  await until('tests', () => child.output().includes('RUNNING'))
  const own = namespaces().find((name) => !others.includes(name)) ?? ''
  await deleterIn(own)
  // It may do what it is there for, and nothing else.
  expect(tries(own, 'delete', 'namespace', own, '--dry-run=server')).toBe('done')
  expect(tries(own, 'delete', 'namespace', 'ci', '--dry-run=server')).toContain('namespaces "ci" is forbidden')
  expect(tries(own, 'delete', 'job', own, '-n', own, '--dry-run=server')).toContain('is forbidden')
  expect(tries(own, 'get', 'pods,secrets', '-n', own)).toContain('is forbidden')
  const supervisor = await stage.supervisor()
  child.kill('SIGKILL')
  process.kill(supervisor, 'SIGKILL')
  await child.ended
  // What it ran outlives it.
  writeFileSync(join(project.folder, 'killed'), '')
  expect(kubectl('get', 'pod', 'web', '-n', own).status).toBe(0)
  const ms = await untilGone(stage, { before, project, within: 1_000 * (GRACE + MORE) })
  process.stdout.write(`gone ${(ms / 1_000).toFixed(1)} s after its last sign of life, of ${GRACE} s of grace\n`)
})

test('a run that stays to be looked at stays as long with a deleter, and then goes with its namespace', async ({
  skip,
}) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  const env = { MOORAGE_KEEP: 'on-failure', MOORAGE_KEEP_FOR: '22s' }
  using project = openProject(site)
  await using stage = await openStage(project.folder, 'kubernetes')
  const before = await takeInventory(kinds)
  const others = namespaces()
  const failed = await stage.start(moorage(project.folder, 'exec', '--', 'false'), env)
  expect(await failed.ended, failed.output()).toEqual({ code: 1, signal: null })
  const own = namespaces().find((name) => !others.includes(name)) ?? ''
  await deleterIn(own)
  process.kill(await stage.supervisor(), 'SIGKILL')
  await sleep(1_000 * GRACE + 2_000)
  expect(kubectl('get', 'pod', 'web', '-n', own, '-o', 'jsonpath={.metadata.deletionTimestamp}')).toMatchObject({
    status: 0,
    stdout: '',
  })
  await untilGone(stage, { before, project, within: 1_000 * (22 - GRACE + MORE) })
})
