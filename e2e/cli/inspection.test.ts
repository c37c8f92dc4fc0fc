import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { moorage, openStage, until } from '../harness/fixture.ts'
import { config, openProject, scripts } from './project.ts'

const SERVER = `import { createServer } from 'node:http'
let n = 0
createServer(({ url }, response) => response.end(String(console.log(url === '/' ? 'request ' + ++n : '::add-mask::x')))).listen(process.env.PORT, '127.0.0.1')`
const API = {
  'package.json': scripts({ start: 'node server.mjs' }),
  'server.mjs': SERVER,
  'moorage.config.ts': config('api: npmServer()'),
}

test('logs: the last lines, those to come with -f, and Ctrl-C ends that', async () => {
  using project = openProject(API)
  await using stage = await openStage(project.folder, 'process')
  const up = await stage.start(moorage(project.folder, 'up'))
  expect((await up.ended).code, up.output()).toBe(0)
  const [, url = ''] = /api {2}(\S+)/.exec(up.output()) ?? []
  await fetch(url)
  const last = await stage.start(moorage(project.folder, 'logs', 'api', '-n', '1'))
  await last.ended
  const [, n] = /^request (\d+)\n$/.exec(last.output()) ?? [last.output()]
  const follow = await stage.start(moorage(project.folder, 'logs', 'api', '-n', '1', '--follow'))
  await until('the last line', () => follow.output() === `request ${n}\n`)
  await fetch(url)
  await until('the next one', () => follow.output() === `request ${n}\nrequest ${Number(n) + 1}\n`)
  follow.kill('SIGINT')
  expect(await follow.ended).toEqual({ code: 130, signal: null })
  await fetch(new URL('/command', url))
  const inActions = await stage.start(moorage(project.folder, 'logs', 'api', '-n', '1'), { GITHUB_ACTIONS: 'true' })
  await inActions.ended
  expect(inActions.output()).toBe(': :add-mask::x\n')
  const down = await stage.start(moorage(project.folder, 'down'))
  expect((await down.ended).code).toBe(0)
  await stage.clean(5_000)
})

test('down leaves what is used to its users, and they take it with them', async () => {
  using project = openProject(API)
  await using stage = await openStage(project.folder, 'process')
  await (
    await stage.start(moorage(project.folder, 'up'))
  ).ended
  const user = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', 'echo USES; exec sleep 60'))
  await until('it is used', () => user.output().includes('USES'))
  const status = await stage.start(moorage(project.folder, 'status'))
  await status.ended
  expect(status.output()).toMatch(/^run \S+, kept for another 8 h, used by 1 process\n/)
  const down = await stage.start(moorage(project.folder, 'down'))
  expect(await down.ended).toEqual({ code: 0, signal: null })
  expect(down.output()).toMatch(/^moorage: run \S+ is used by 1 process and will be removed when it disconnects\n$/)
  const still = await stage.start(moorage(project.folder, 'status'))
  await still.ended
  expect(still.output()).toMatch(/^run \S+, used by 1 process\n✓ api /)
  user.kill('SIGTERM')
  await user.ended
  await stage.clean(5_000)
})

test('down and status work with a config that cannot be loaded any more', async () => {
  using project = openProject(API)
  await using stage = await openStage(project.folder, 'process')
  await (
    await stage.start(moorage(project.folder, 'up'))
  ).ended
  writeFileSync(join(project.folder, 'moorage.config.ts'), 'export default {')
  const down = await stage.start(moorage(project.folder, 'down'))
  expect(await down.ended).toEqual({ code: 0, signal: null })
  expect(down.output()).toMatch(/^moorage: removed run \S+\n$/)
  await stage.clean(5_000)
})

test('Ctrl-C while up starts services: 130, and nothing is left', async () => {
  using project = openProject({ ...API, 'package.json': scripts({ start: 'sleep 60' }) })
  await using stage = await openStage(project.folder, 'process')
  const up = await stage.start(moorage(project.folder, 'up'))
  await until('it starts', () => up.output().includes('api starting'))
  up.kill('SIGINT')
  expect(await up.ended).toEqual({ code: 130, signal: null })
  await stage.clean(5_000)
})

test('up that would end with its own process is refused', async () => {
  using project = openProject(API)
  await using stage = await openStage(project.folder, 'process')
  const up = await stage.start(moorage(project.folder, 'up'), { MOORAGE_SUPERVISOR: 'inline' })
  expect((await up.ended).code).toBe(2)
  expect(up.output()).toBe(
    'moorage: With MOORAGE_SUPERVISOR=inline services end with this process, so they cannot be kept running.\nUnset MOORAGE_SUPERVISOR.\n',
  )
  await stage.clean(1_000)
})

test('doctor: which providers can be used, why not, and whether names are typed', async () => {
  using project = openProject(API)
  await using stage = await openStage(project.folder, 'process')
  const env = { DOCKER_HOST: 'unix:///nowhere/docker.sock', KUBECONFIG: '/nowhere/config' }
  const loose = await stage.start(moorage(project.folder, 'doctor'), env)
  expect(await loose.ended).toEqual({ code: 0, signal: null })
  expect(loose.output()).toMatch(/^machine\n {2}✓ moorage \S+, Node \S+, linux /)
  expect(loose.output()).toMatch(
    /^config\n {2}✓ \S+moorage\.config\.ts: api\n {2}! services\(\) has no types of this config\n/m,
  )
  expect(loose.output()).toMatch(/^ {2}✗ docker: .*\/nowhere\/docker\.sock.*\n {6}To use it: .+$/m)
  expect(loose.output()).toMatch(/^ {2}✗ kubernetes: .+\n {6}To use it: .+$/m)
  expect(loose.output()).toMatch(/^ {2}✓ process: plain processes on linux$/m)
  expect(loose.output()).toMatch(/^ {2}✓ a run uses process \(.*chosen by MOORAGE_PROVIDER=process\)$/m)
  expect(loose.output()).toMatch(/\n\nA run can start on process\.\n$/)
  writeFileSync(
    join(project.folder, 'moorage.config.ts'),
    `${API['moorage.config.ts']}declare module 'moorage' { interface Register { config: unknown } }\n`,
  )
  const typed = await stage.start(moorage(project.folder, 'doctor', '--json'), env)
  await typed.ended
  const { ok, provider, checks } = JSON.parse(typed.output()) as { ok: boolean; provider: string; checks: object[] }
  expect({ ok, provider }).toEqual({ ok: true, provider: 'process' })
  expect(checks).toContainEqual({
    group: 'config',
    name: 'types',
    status: 'ok',
    text: 'services() has the types of this config',
  })
  await stage.clean(1_000)
})
