import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, expect, test } from 'vitest'
import { waitForDeletions } from '../harness/cluster.ts'
import { kubeconfig, kubectl, missing, NAMESPACE } from '../harness/engine.ts'
import { moorage, openStage, until } from '../harness/fixture.ts'
import { config, openProject } from '../cli/project.ts'
import { inPod } from '../testbed/in-pod.ts'

// They ask the cluster for everything of a kind.
beforeEach(async () => {
  if (!missing('kubernetes')) await waitForDeletions()
})

const site = { 'site/index.html': 'hello' }
const shared = { KUBECONFIG: kubeconfig('shared'), MOORAGE_NAMESPACE: NAMESPACE }
const GRACE = 6

test('supervisor and client killed together: the cluster itself removes the run, within the grace and 15 s', async ({
  skip,
}) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  using project = openProject({
    ...site,
    'moorage.config.ts': config(
      "web: staticServer({ root: 'site' }), db: postgres()",
      `kubernetes({ grace: ${GRACE} })`,
    ),
  })
  await using stage = await openStage(project.folder, 'kubernetes')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', 'echo RUNNING; sleep 22'), shared)
  await until('tests', () => child.output().includes('RUNNING'))
  const supervisor = await stage.supervisor()
  child.kill('SIGKILL')
  process.kill(supervisor, 'SIGKILL')
  await child.ended
  const pods = (): string => kubectl('get', 'pods,secrets,services,jobs', '-n', NAMESPACE, '-o', 'name').stdout
  // Nobody but the cluster is at work from here on.
  expect(pods()).toMatch(/pod\/dev-\w+-web/)
  await expect.poll(pods, { timeout: 1_000 * (GRACE + 15), interval: 200 }).toBe('')
  // The journal is the next start's.
  const next = await stage.start(moorage(project.folder, 'exec', '--', 'true'), shared)
  expect(await next.ended, next.output()).toEqual({ code: 0, signal: null })
  await stage.clean(5_000)
})

test('in a namespace of its own, only the empty namespace waits for the next start', async ({ skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  using project = openProject({
    ...site,
    'moorage.config.ts': config("web: staticServer({ root: 'site' })", `kubernetes({ grace: ${GRACE} })`),
  })
  await using stage = await openStage(project.folder, 'kubernetes')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', 'echo RUNNING; sleep 22'))
  await until('tests', () => child.output().includes('RUNNING'))
  const supervisor = await stage.supervisor()
  child.kill('SIGKILL')
  process.kill(supervisor, 'SIGKILL')
  await child.ended
  const own = kubectl('get', 'namespaces', '-o', 'name', '-l', 'moorage.run').stdout.trim().replace('namespace/', '')
  const left = (): string => kubectl('get', 'pods,secrets,services,jobs', '-n', own, '-o', 'name').stdout
  expect(left()).toContain('pod/web')
  await expect.poll(left, { timeout: 1_000 * (GRACE + 15), interval: 200 }).toBe('')
  expect(kubectl('get', 'namespace', own).status).toBe(0)
  const next = await stage.start(moorage(project.folder, 'exec', '--', 'true'))
  expect(await next.ended, next.output()).toEqual({ code: 0, signal: null })
  await stage.clean(5_000)
})

test('heartbeats keep a run alive for longer than its grace', async ({ skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  using project = openProject({
    ...site,
    'moorage.config.ts': config("web: staticServer({ root: 'site' })", 'kubernetes({ grace: 4 })'),
  })
  await using stage = await openStage(project.folder, 'kubernetes')
  const child = await stage.start(
    moorage(
      project.folder,
      'exec',
      '--',
      'sh',
      '-c',
      `sleep 14; ${process.execPath} -e "fetch(process.env.WEB_URL).then((r) => r.text()).then(console.log)"`,
    ),
    shared,
  )
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toContain('hello')
  await stage.clean(5_000)
})

test('ready is when its server answers, not when its container runs', async ({ skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  const late =
    "container({ image: 'busybox:1.37', user: '1000:1000', ports: { main: 7000 }, command: ['sh', '-c', 'sleep 2; exec nc -ll -p 7000 -e echo hello'], ready: [{ kind: 'tcp' }] })"
  using project = openProject({ 'moorage.config.ts': config(`late: ${late}`) })
  await using stage = await openStage(project.folder, 'kubernetes')
  const ask =
    "const { hostname, port } = new URL(process.env.LATE_URL); require('net').connect(port, hostname).on('data', (d) => { console.log('HEARD ' + d); process.exit() }).on('error', () => process.exit(7)).on('close', () => process.exit(8))"
  const child = await stage.start(moorage(project.folder, 'exec', '--', process.execPath, '-e', ask), shared)
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toContain('HEARD hello')
  await stage.clean(5_000)
})

test('from within a pod, with a service account of its own: by the addresses of the pods', async ({ skip }) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  const objects = (): string[] =>
    kubectl('get', 'pods,secrets,services,jobs', '-n', NAMESPACE, '-o', 'name').stdout.split('\n').filter(Boolean)
  // The objects of the test before may still be terminating: they go, and must not count as left.
  const before = new Set(objects())
  const folder = 'examples/vitest-postgres-redis'
  const { code, output } = await inPod({
    command: ['sh', '-c', `cd ${folder} && node node_modules/vitest/vitest.mjs run`],
    env: { CI: 'true', NO_COLOR: '1', MOORAGE_CACHE_DIR: '/tmp/moorage', HOME: '/tmp' },
  })
  expect(output).toMatch(/moorage: provider kubernetes \(in-cluster, namespace ci; no docker: no Docker socket\)/)
  // Straight to the pod: no forward.
  expect(output).toMatch(/✓ db {2}postgresql:\/\/10\.\d+\.\d+\.\d+:5432\/test/)
  expect(output).toMatch(/Tests +\d+ passed/)
  expect(code).toBe(0)
  await expect.poll(() => objects().filter((name) => !before.has(name)), { timeout: 30_000, interval: 200 }).toEqual([])
})

test('the API server away for a while in mid-run: the run survives, and the same address works afterwards', async ({
  skip,
}) => {
  const reason = missing('kubernetes')
  if (reason) skip(reason)
  const seconds = Number(process.env['MOORAGE_OUTAGE_SECONDS'] ?? 10)
  using project = openProject({
    ...site,
    'moorage.config.ts': config("web: staticServer({ root: 'site' })", 'kubernetes()'),
  })
  await using stage = await openStage(project.folder, 'kubernetes')
  const ask = `${process.execPath} -e "fetch(process.env.WEB_URL, { signal: AbortSignal.timeout(4000) }).then((r) => r.text(), () => 'away').then((t) => console.log('ASKED ' + t))"`
  const child = await stage.start(
    moorage(
      project.folder,
      'exec',
      '--',
      'sh',
      '-c',
      `${ask}; sleep ${seconds / 2}; ${ask}; sleep ${seconds / 2 + 3}; ${ask}`,
    ),
  )
  await until('the first answer', () => child.output().includes('ASKED hello'))
  const server = Number(await apiServer())
  process.kill(server, 'SIGSTOP')
  try {
    await sleep(seconds * 1_000)
  } finally {
    process.kill(server, 'SIGCONT')
  }
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output().match(/ASKED \w+/g)).toEqual(['ASKED hello', 'ASKED away', 'ASKED hello'])
  await stage.clean(10_000)
})

async function apiServer(): Promise<string> {
  const { running } = await import('../testbed/programs.ts')
  return String(running('kube-apiserver'))
}
