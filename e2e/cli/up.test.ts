import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { missing, providers } from '../harness/engine.ts'
import { moorage, openStage, type Stage } from '../harness/fixture.ts'
import { docker, killUnit, unitsOf } from '../harness/units.ts'
import { config, openProject, scripts, type Project } from './project.ts'

const SERVICES =
  "db: postgres(), web: staticServer({ root: 'site' }), late: staticServer({ root: 'site', needs: { web: 'ready' } })"
const SITE = { 'site/index.html': '<p>site</p>', 'other/index.html': '<p>other</p>' }

interface Said {
  readonly code: number | null
  readonly output: string
}

/** A command line of moorage's, from its start to its end. */
function teller(stage: Stage, project: Project): (...args: readonly string[]) => Promise<Said> {
  return async (...args) => {
    const child = await stage.start(moorage(project.folder, ...args))
    const { code } = await child.ended
    return { code, output: child.output() }
  }
}

/** kubectl, which `moorage shell` finds on the PATH. */
function shellEnvironment({ world }: Stage): Record<string, string> {
  const program = process.env['MOORAGE_TESTBED_KUBECTL']
  if (program !== undefined && !existsSync(join(world.folder, 'kubectl')))
    symlinkSync(program, join(world.folder, 'kubectl'))
  return { PATH: `${world.folder}:${process.env['PATH'] ?? ''}`, SHELL: '/bin/sh' }
}

function runIn(output: string): string {
  return /run (dev-[0-9a-f]{8})/.exec(output)?.[1] ?? output
}

describe.each(providers())('on %s', (provider) => {
  test('9: moorage up stays; twice is once; an edit restarts what changed and what needs it; a later run attaches and heals', async ({
    skip,
  }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    using project = openProject({ ...SITE, 'moorage.config.ts': config(SERVICES) })
    await using stage = await openStage(project.folder, provider)
    const say = teller(stage, project)

    const up = await say('up')
    expect(up.code, up.output).toBe(0)
    for (const name of ['db', 'web', 'late'])
      expect(up.output).toMatch(new RegExp(`^moorage: ✓ ${name}  \\S+  \\d+\\.\\d\\d s$`, 'm'))
    const run = runIn(up.output)
    expect(up.output).toContain(`moorage: run ${run} is kept for 8 h; to remove it earlier: moorage down\n`)
    const units = unitsOf(provider, run)
    expect(Object.keys(units).toSorted()).toEqual(['db', 'late', 'web'])

    const twice = await say('up')
    expect(twice.output).toMatch(
      /^(moorage: ✓ \w+ {2}\S+ {2}already running\n){3}moorage: run \S+ is kept for 8 h; to remove it earlier: moorage down\n$/,
    )
    expect(runIn(twice.output)).toBe(run)
    expect(unitsOf(provider, run)).toEqual(units)

    writeFileSync(join(project.folder, 'moorage.config.ts'), config(SERVICES.replace("'site'", "'other'")))
    const edited = await say('up')
    expect(runIn(edited.output), edited.output).toBe(run)
    expect(edited.output).toContain('✓ db  ')
    const after = unitsOf(provider, run)
    expect(after['db']).toBe(units['db'])
    for (const name of ['web', 'late']) expect(after[name], name).not.toBe(units[name])

    const look = `const { run } = JSON.parse(process.env.MOORAGE); fetch(process.env.WEB_URL).then((page) => page.text()).then((text) => console.log('SEES ' + run + ' ' + text))`
    const attached = await say('exec', '--', process.execPath, '-e', look)
    expect(attached.output).toContain(`SEES ${run} <p>other</p>`)
    expect(unitsOf(provider, run)).toEqual(after)

    killUnit(provider, run, 'web')
    const healed = await say('exec', '--', process.execPath, '-e', look)
    expect(healed.output).toMatch(/moorage: services\.web .*\. It is being restarted\./)
    expect(healed.output).toContain(`SEES ${run} <p>other</p>`)
    expect(unitsOf(provider, run)['db']).toBe(units['db'])

    const restarted = await say('restart', 'web')
    expect(restarted.output).toMatch(
      new RegExp(`✓ web  [^]*✓ late  [^]*^moorage: restarted services of run ${run} in \\d+\\.\\d\\d s\\n$`, 'm'),
    )
    const again = unitsOf(provider, run)
    expect(again['db']).toBe(units['db'])
    for (const name of ['web', 'late']) expect(again[name], name).not.toBe(after[name])

    const shell = await stage.start(moorage(project.folder, 'shell', 'db'), shellEnvironment(stage), true)
    shell.type('echo SHELL-$((20 + 3)); exit 7\n')
    expect(await shell.ended, shell.output()).toEqual({ code: 7, signal: null })
    expect(shell.output()).toContain('SHELL-23')

    const status = await say('status')
    expect(status.output).toMatch(new RegExp(`^run ${run}, kept for another 8 h\\n(✓ \\w+ {2}\\S+\\n){3}$`))
    const down = await say('down')
    expect(down).toEqual({ code: 0, output: `moorage: removed run ${run}\n` })
    await stage.clean(5_000)
    expect(await say('down')).toEqual({ code: 0, output: `moorage: no services are running for ${project.folder}\n` })
    expect(await say('status')).toEqual({ code: 1, output: `moorage: no services are running for ${project.folder}\n` })
  })

  test('what two killed processes left: gc tells it, then removes it, and nothing else', async ({ skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    if (provider === 'docker')
      docker('create', '--name', 'foreign', '--label', 'moorage.run=dev-00000000', 'busybox:1.37', 'true')
    try {
      using project = openProject({
        ...SITE,
        'moorage.config.ts': config("db: postgres(), web: staticServer({ root: 'site' })"),
      })
      await using stage = await openStage(project.folder, provider)
      const say = teller(stage, project)
      const run = runIn((await say('up')).output)
      process.kill(await stage.supervisor(), 'SIGKILL')
      // Plain processes end with their supervisor, in their own time.
      if (provider === 'process') await sleep(1_000)
      const dry = await say('gc', '--dry-run')
      expect(dry.code, dry.output).toBe(0)
      const lines = dry.output.trim().split('\n')
      for (const line of lines)
        expect(line).toMatch(
          new RegExp(`^would remove (process|folder|container|network|namespace|job) \\S+( of run ${run})?$`),
        )
      await expect(stage.clean(0)).rejects.toThrow('left behind')
      const gone = await say('gc')
      expect(gone.output.trim().split('\n').toSorted()).toEqual(
        lines.map((line) => line.replace('would remove', 'removed')).toSorted(),
      )
      await stage.clean(5_000)
      expect(await say('gc')).toEqual({
        code: 0,
        output: 'moorage: nothing to remove: dead runs left nothing behind\n',
      })
    } finally {
      if (provider === 'docker') docker('rm', '-f', 'foreign')
    }
  })
})

test.each(providers('process'))('up ends by itself when its time is over', async () => {
  using project = openProject({ ...SITE, 'moorage.config.ts': config("web: staticServer({ root: 'site' })") })
  await using stage = await openStage(project.folder, 'process')
  const up = await teller(stage, project)('up', '--ttl', '3s')
  expect(up.output).toContain('kept for 3 s')
  await expect(stage.clean(0)).rejects.toThrow('left behind')
  await stage.clean(5_000)
})

test.each(providers('process'))(
  'an edit whose service does not start: its error, and the others keep running',
  async () => {
    using project = openProject({
      ...SITE,
      'package.json': scripts({ start: 'echo the reason; exit 9' }),
      'moorage.config.ts': config("web: staticServer({ root: 'site' })"),
    })
    await using stage = await openStage(project.folder, 'process')
    const say = teller(stage, project)
    const run = runIn((await say('up')).output)
    writeFileSync(
      join(project.folder, 'moorage.config.ts'),
      config("web: staticServer({ root: 'site' }), api: npmServer()"),
    )
    const edited = await say('up')
    expect(edited.code).toBe(1)
    expect(edited.output).toContain('moorage: The update failed. Still running, with their data: services.web.\n')
    expect(edited.output).toContain('services.api ended with exit code 9 before it was ready.')

    writeFileSync(join(project.folder, 'package.json'), scripts({ start: 'node server.mjs' }))
    writeFileSync(
      join(project.folder, 'server.mjs'),
      "import { createServer } from 'node:http'\ncreateServer((_, response) => response.end('up')).listen(process.env.PORT, '127.0.0.1')\n",
    )
    const mended = await say('up')
    expect(mended.code, mended.output).toBe(0)
    expect(runIn(mended.output)).toBe(run)
    expect((await say('down')).code).toBe(0)
    await stage.clean(2_000)
  },
)

test.each(providers('process'))('up, and its supervisor killed: the next start removes what it left', async () => {
  using project = openProject({
    ...SITE,
    'moorage.config.ts': config("db: postgres(), web: staticServer({ root: 'site' })"),
  })
  await using stage = await openStage(project.folder, 'process')
  const say = teller(stage, project)
  const run = runIn((await say('up')).output)
  process.kill(await stage.supervisor(), 'SIGKILL')
  await expect(stage.clean(0)).rejects.toThrow('left behind')
  const next = await say('exec', '--', 'sh', '-c', 'echo $MOORAGE')
  expect(next.code, next.output).toBe(0)
  expect(next.output).not.toContain(run)
  await stage.clean(5_000)
})

test.each(providers('process'))('data on stdout, and nothing else; in CI a later run shares nothing', async () => {
  using project = openProject({ ...SITE, 'moorage.config.ts': config("web: staticServer({ root: 'site' })") })
  await using stage = await openStage(project.folder, 'process')
  const told = async (...args: readonly string[]): Promise<string> => {
    const child = await stage.start(['sh', '-c', '"$@" > told', 'told', ...moorage(project.folder, ...args)])
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    return readFileSync(join(project.folder, 'told'), 'utf8')
  }
  const up = JSON.parse(await told('up', '--json')) as {
    run: string
    services: { web: { url: string } }
    env: { WEB_URL: string }
    stays: object
  }
  expect(up).toMatchObject({
    run: expect.stringMatching(/^dev-/),
    healthProblems: {},
    users: 0,
    stays: { because: 'asked', seconds: 28_800 },
    env: { WEB_URL: up.services.web.url },
  })
  expect(await told('status', '--env')).toMatch(
    new RegExp(`^export MOORAGE='\\{.*\\}'\nexport WEB_URL='${up.services.web.url}'\n$`),
  )
  expect(JSON.parse(await told('status', '--json'))).toMatchObject([{ run: up.run, services: up.services }])
  expect(await told('logs', 'web')).toBe('')
  const child = await stage.start(moorage(project.folder, 'exec', '--', 'sh', '-c', 'echo URL $WEB_URL'), {
    CI: 'true',
  })
  expect(await child.ended).toEqual({ code: 0, signal: null })
  expect(child.output()).toContain('URL http')
  expect(child.output()).not.toContain(up.services.web.url)
  expect((await told('status', '--json')).match(/"run": "dev-/g)).toHaveLength(1)
  expect((await teller(stage, project)('down')).code).toBe(0)
  await stage.clean(5_000)
})

test.each(providers('process'))('a config that is gone prevents neither status nor down', async () => {
  using project = openProject({ ...SITE, 'moorage.config.ts': config("web: staticServer({ root: 'site' })") })
  await using stage = await openStage(project.folder, 'process')
  const say = teller(stage, project)
  const run = runIn((await say('up')).output)
  rmSync(join(project.folder, 'moorage.config.ts'))
  expect((await say('status')).output).toContain(run)
  expect(await say('down')).toEqual({ code: 0, output: `moorage: removed run ${run}\n` })
  expect((await say('down')).code).toBe(2)
  await stage.clean(2_000)
})
