import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { moorage, openStage, until, type Stage } from '../harness/fixture.ts'
import { config, openProject, type Project } from './project.ts'

const SITE = { 'moorage.config.ts': config("web: staticServer({ root: 'site' })"), 'site/index.html': '<p>site</p>' }

// Its signals, and whether it got to the end of its own clean-up.
const CHILD = `
  const { appendFileSync } = require('node:fs')
  const note = (text) => appendFileSync('notes', text + '\\n')
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => { note(signal); setTimeout(() => { note('cleaned up'); process.exitCode = 0; process.removeAllListeners(); clearInterval(alive); if (process.argv[2] === 'die') process.kill(process.pid, signal) }, 150) })
  const alive = setInterval(() => {}, 1000)
  note('runs')`

async function exec(
  stage: Stage,
  project: Project,
  command: readonly string[],
  tty = false,
): ReturnType<Stage['start']> {
  return await stage.start(moorage(project.folder, 'exec', '--', ...command), {}, tty)
}

function notes(project: Project): readonly string[] {
  try {
    return readFileSync(join(project.folder, 'notes'), 'utf8').trim().split('\n')
  } catch {
    return []
  }
}

test("the command's own exit code, and the services' variables", async () => {
  using project = openProject({
    ...SITE,
    'look.mjs': `
    const page = await (await fetch(process.env.WEB_URL)).text()
    const { run, services } = JSON.parse(process.env.MOORAGE)
    console.log(JSON.stringify({ page, same: services.web.url === process.env.WEB_URL, run: /^dev-[0-9a-f]{8}$/.test(run), args: process.argv.slice(2) }))
    process.exit(42)`,
  })
  await using stage = await openStage(project.folder, 'process')
  const child = await exec(stage, project, [process.execPath, 'look.mjs', '--config', '--', 'a b'])
  expect(await child.ended, child.output()).toEqual({ code: 42, signal: null })
  const line =
    child
      .output()
      .split('\n')
      .find((text) => text.startsWith('{')) ?? ''
  expect(JSON.parse(line)).toEqual({ page: '<p>site</p>', same: true, run: true, args: ['--config', '--', 'a b'] })
  await stage.clean(2_000)
})

test.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('%s is passed on, and the command may clean up', async (signal) => {
  using project = openProject({ ...SITE, 'child.cjs': CHILD })
  await using stage = await openStage(project.folder, 'process')
  const child = await exec(stage, project, [process.execPath, 'child.cjs'])
  await until('the command runs', () => notes(project).includes('runs'))
  child.kill(signal)
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(notes(project)).toEqual(['runs', signal, 'cleaned up'])
  await stage.clean(2_000)
})

test('a command that dies of the signal: 128 and its number', async () => {
  using project = openProject({ ...SITE, 'child.cjs': CHILD })
  await using stage = await openStage(project.folder, 'process')
  const child = await exec(stage, project, [process.execPath, 'child.cjs', 'die'])
  await until('the command runs', () => notes(project).includes('runs'))
  child.kill('SIGTERM')
  expect(await child.ended, child.output()).toEqual({ code: 143, signal: null })
  await stage.clean(2_000)
})

test('Ctrl-C in a terminal reaches the command once', async () => {
  using project = openProject({ ...SITE, 'child.cjs': CHILD })
  await using stage = await openStage(project.folder, 'process')
  const child = await exec(stage, project, [process.execPath, 'child.cjs', 'die'], true)
  await until('the command runs', () => notes(project).includes('runs'))
  child.type('\x03')
  expect(await child.ended, child.output()).toEqual({ code: 130, signal: null })
  expect(notes(project)).toEqual(['runs', 'SIGINT', 'cleaned up'])
  await stage.clean(2_000)
})

test('SIGTERM while services start: 143, and nothing was run', async () => {
  using project = openProject({
    'moorage.config.ts': config('api: npmServer()'),
    'package.json': '{ "type": "module", "scripts": { "start": "sleep 60" } }',
  })
  await using stage = await openStage(project.folder, 'process')
  const child = await exec(stage, project, ['touch', 'notes'])
  await until('it starts', () => child.output().includes('api starting'))
  await sleep(100)
  child.kill('SIGTERM')
  expect(await child.ended, child.output()).toEqual({ code: 143, signal: null })
  expect(notes(project)).toEqual([])
  await stage.clean(2_000)
})

test('services that do not start: 1, and the command is not run', async () => {
  using project = openProject({
    'moorage.config.ts': config('api: npmServer()'),
    'package.json': '{ "type": "module", "scripts": { "start": "exit 9" } }',
  })
  await using stage = await openStage(project.folder, 'process')
  const child = await exec(stage, project, ['touch', 'notes'])
  expect(await child.ended).toEqual({ code: 1, signal: null })
  expect(child.output()).toContain('moorage: services.api ended with exit code 9 before it was ready.')
  expect(notes(project)).toEqual([])
  await stage.clean(2_000)
})

test('a command that is not there: 127, and nothing is started', async () => {
  using project = openProject(SITE)
  await using stage = await openStage(project.folder, 'process')
  const child = await exec(stage, project, ['no-such-command'])
  expect(await child.ended).toEqual({ code: 127, signal: null })
  expect(child.output()).toBe(
    "moorage: exec: found no 'no-such-command' on the PATH, so nothing was started. npx puts the project's programs on it: npx moorage exec -- no-such-command\n",
  )
  await stage.clean(2_000)
})

test('a wrong call: 2, and nothing is started', async () => {
  using project = openProject(SITE)
  await using stage = await openStage(project.folder, 'process')
  const child = await stage.start(moorage(project.folder, 'exec', 'true'))
  expect(await child.ended).toEqual({ code: 2, signal: null })
  expect(child.output()).toBe('moorage: exec: write the command after --.\nDid you mean: moorage exec -- true\n')
  await stage.clean(2_000)
})

test.each<Record<string, string>>([{ CI: '' }, { CI: 'true', GITHUB_RUN_ID: '77' }])(
  'a child that provisions the same config joins the run (%j)',
  async (env) => {
    using project = openProject({
      ...SITE,
      'child.ts': `
    import { provision } from 'moorage'
    import config from './moorage.config.ts'
    const env = await provision(config)
    console.log('JOINED ' + (env.run === JSON.parse(process.env.MOORAGE!).run) + ' ' + (env.endpoints.web.url === process.env.WEB_URL))
    await env.dispose()
    console.log('STILL ' + (await fetch(process.env.WEB_URL!)).status)`,
    })
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(moorage(project.folder, 'exec', '--', process.execPath, 'child.ts'), env)
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toContain('JOINED true true\nSTILL 200\n')
    await stage.clean(2_000)
  },
)

test('a child of a run with a URL that the user has given joins it, and takes that URL as given too', async () => {
  await using server = createServer((_request, response) => response.end('given')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  using project = openProject({
    ...SITE,
    'child.ts': `
    import { provision } from 'moorage'
    import config from './moorage.config.ts'
    await using env = await provision(config)
    console.log('JOINED ' + (env.run === JSON.parse(process.env.MOORAGE!).run) + ' ' + env.endpoints.web.url)`,
  })
  await using stage = await openStage(project.folder, 'process')
  const child = await stage.start(moorage(project.folder, 'exec', '--', process.execPath, 'child.ts'), { WEB_URL: url })
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(child.output()).toContain(`JOINED true ${url}\n`)
  await stage.clean(2_000)
})

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends a config that never comes to its end', async (signal) => {
  using project = openProject({
    'moorage.config.ts': "console.error('loading'); setInterval(() => {}, 1000); await new Promise(() => {})",
  })
  await using stage = await openStage(project.folder, 'process')
  const child = await exec(stage, project, ['true'])
  await until('it is being loaded', () => child.output().includes('loading'))
  child.kill(signal)
  expect(await child.ended, child.output()).toEqual({ code: null, signal })
  await stage.clean(2_000)
})

test('what a config has begun does not keep the process', async () => {
  using project = openProject({
    ...SITE,
    'moorage.config.ts': `setInterval(() => {}, 1000)\n${SITE['moorage.config.ts']}`,
  })
  await using stage = await openStage(project.folder, 'process')
  const child = await exec(stage, project, ['sh', '-c', 'exit 7'])
  expect(await child.ended, child.output()).toEqual({ code: 7, signal: null })
  await stage.clean(2_000)
})

test('a reader of the progress may stop reading: the command runs', async () => {
  using project = openProject({ ...SITE, 'note.cjs': "require('node:fs').writeFileSync('notes', 'ran')" })
  await using stage = await openStage(project.folder, 'process')
  const child = await stage.start([
    'bash',
    '-c',
    '"$@" 2> >(true)',
    'bash',
    ...moorage(project.folder, 'exec', '--', process.execPath, 'note.cjs'),
  ])
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(notes(project)).toEqual(['ran'])
  await stage.clean(2_000)
})
