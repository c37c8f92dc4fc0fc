import { spawnSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { environmentOf, kubectl, missing, offers, providers } from '../harness/engine.ts'
import { moorage, openStage, vitest, type Stage } from '../harness/fixture.ts'
import { openPlaywright } from '../harness/playwright.ts'
import { unitsOf } from '../harness/units.ts'
import { config, openProject, scripts, type Project } from './project.ts'

const SITE = { 'site/index.html': '<p>site</p>', 'moorage.config.ts': config("web: staticServer({ root: 'site' })") }
const KEEP = { MOORAGE_KEEP: 'on-failure' }

async function say(
  stage: Stage,
  project: Project,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = await stage.start(moorage(project.folder, ...args), env)
  const { code } = await child.ended
  return { code, output: child.output() }
}

function runIn(output: string): string {
  return /Keeping the services of run (\S+) for/.exec(output)?.[1] ?? output
}

describe.each(providers())('on %s', (provider) => {
  const LOOK = {
    process: 'moorage logs web',
    docker: 'docker logs moorage-RUN-web',
    kubernetes: 'kubectl logs -n RUN web -c main',
  }[provider]

  test('what a failed command used stays, with the commands to look and to delete; moorage down ends that', async ({
    skip,
  }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    using project = openProject(SITE)
    await using stage = await openStage(project.folder, provider)
    const failed = await say(stage, project, ['exec', '--', 'sh', '-c', 'exit 3'], KEEP)
    expect(failed.code, failed.output).toBe(3)
    const run = runIn(failed.output)
    const look = LOOK.replace('RUN', run)
    expect(failed.output).toContain(
      `moorage: Keeping the services of run ${run} for 30 min because a test or command failed. Inspect them with:\nmoorage:   web  ${look}\nmoorage: To remove them earlier: moorage down\n`,
    )
    expect(Object.keys(unitsOf(provider, run))).toEqual(['web'])
    if (provider === 'docker') expect(spawnSync('sh', ['-c', look]).status).toBe(0)
    // The page answers up to a second before the kubelet has reported its container as running, and kubectl goes by the
    // report.
    if (provider === 'kubernetes')
      await expect
        .poll(() => kubectl(...look.split(' ').slice(1)), { timeout: 5_000 })
        .toMatchObject({ status: 0, stderr: '' })
    const status = await say(stage, project, ['status'])
    expect(status.output).toMatch(new RegExp(`^run ${run}, failed, kept for another (30|29) min\n✓ web {2}http`))
    const dry = await say(stage, project, ['gc', '--dry-run'])
    expect(dry.output).toContain(`would remove run ${run}\n`)
    expect(await say(stage, project, ['down'])).toEqual({ code: 0, output: `moorage: removed run ${run}\n` })
    await stage.clean(5_000)
  })
})

test.for(providers('kubernetes'))(
  'on kubernetes the cluster itself ends the stay, though the supervisor is gone: its deadline is moved once',
  async (_provider, { skip }) => {
    const reason = missing('kubernetes')
    if (reason) skip(reason)
    using project = openProject({
      ...SITE,
      'moorage.config.ts': config("web: staticServer({ root: 'site' })", 'kubernetes({ grace: 12 })'),
    })
    await using stage = await openStage(project.folder, 'kubernetes')
    const { MOORAGE_PROVIDER: _, ...env } = environmentOf('kubernetes')
    const failed = await say(stage, project, ['exec', '--', 'false'], { ...env, ...KEEP, MOORAGE_KEEP_FOR: '20s' })
    const run = runIn(failed.output)
    process.kill(await stage.supervisor(), 'SIGKILL')
    const deadline = (): string =>
      kubectl('get', 'job', run, '-n', run, '-o', 'jsonpath={.spec.activeDeadlineSeconds}').stdout
    const moved = Number(deadline())
    expect(moved).toBeGreaterThan(20)
    // Longer than the grace: without the extension everything would be gone.
    await sleep(14_000)
    expect(Object.keys(unitsOf('kubernetes', run))).toEqual(['web'])
    expect(Number(deadline())).toBe(moved)
    await expect
      .poll(() => kubectl('get', 'jobs,pods', '-n', run, '-o', 'name').stdout, { timeout: 20_000, interval: 500 })
      .toBe('')
    await say(stage, project, ['gc'])
    await stage.clean(5_000)
  },
)

test.each(providers('process'))(
  'retention ends by itself, and no run joins a failed one: the next one replaces it',
  async () => {
    using project = openProject(SITE)
    await using stage = await openStage(project.folder, 'process')
    const first = await say(stage, project, ['exec', '--', 'false'], { ...KEEP, MOORAGE_KEEP_FOR: '60s' })
    const second = await say(stage, project, ['exec', '--', 'false'], { ...KEEP, MOORAGE_KEEP_FOR: '2s' })
    expect(runIn(second.output)).not.toBe(runIn(first.output))
    expect(second.output).toContain('for 2 s because')
    await expect(stage.clean(0)).rejects.toThrow('left behind')
    await stage.clean(6_000)
  },
)

test.each(providers('process'))(
  'a start that fails: what is there stays to be looked at, the error comes last',
  async () => {
    using project = openProject({
      ...SITE,
      'package.json': scripts({ start: 'echo the reason; exit 9' }),
      'moorage.config.ts': config(
        "web: staticServer({ root: 'site' }), api: npmServer({ needs: { web: 'ready' } })",
      ).replace('services', "keep: 'on-failure', keepFor: 60_000, services"),
    })
    await using stage = await openStage(project.folder, 'process')
    const failed = await say(stage, project, ['exec', '--', 'true'])
    expect(failed.code).toBe(1)
    const run = runIn(failed.output)
    expect(failed.output).toContain(
      `Keeping the services of run ${run} for 60 s because a service failed to start. Inspect them with:\nmoorage:   web  moorage logs web\nmoorage:   api  moorage logs api\n`,
    )
    expect(failed.output.trimEnd()).toMatch(
      /moorage: services\.api ended with exit code 9 before it was ready\.\n[^]*the reason$/,
    )
    expect((await say(stage, project, ['logs', 'api'])).output).toContain('the reason')
    expect((await say(stage, project, ['status'])).output).toMatch(/failed, kept for/)
    expect((await say(stage, project, ['gc'])).output).toBe(`removed run ${run}\n`)
    await stage.clean(5_000)
  },
)

test.each(offers('process') ? ['webServer', 'globalSetup'] : [])(
  "Playwright's failed tests keep their services by %s; passed ones, and those that pass when tried again, do not",
  async (way) => {
    using project = openPlaywright('latest', {
      ...SITE,
      'playwright.config.ts': `import { moorage } from 'moorage/playwright'\nexport default { testDir: 'tests', retries: 1, ${way === 'webServer' ? 'webServer: [moorage.webServer()]' : "globalSetup: 'moorage/playwright'"} }\n`,
      'tests/twice.spec.ts':
        "import { test } from 'moorage/playwright'\ntest('x', ({}, info) => { if (info.retry < Number(process.env.FAILS)) throw new Error('on purpose') })\n",
      'tests/thrice.spec.ts':
        "import { test } from 'moorage/playwright'\ntest.describe.configure({ retries: 2 })\ntest('x', ({}, info) => { if (info.retry < 2) throw new Error('on purpose') })\n",
    })
    await using stage = await openStage(project.folder, 'process')
    const run = async (
      fails: number,
      file = 'twice',
    ): Promise<{ readonly code: number | null; readonly output: string }> => {
      const child = await stage.start(project.command(file), { ...KEEP, FAILS: String(fails) })
      return { code: (await child.ended).code, output: child.output() }
    }
    expect(await run(1)).toMatchObject({ code: 0, output: expect.stringContaining('1 flaky') })
    await stage.clean(2_000)
    // The file says how often it is tried.
    expect(await run(0, 'thrice')).toMatchObject({ code: 0, output: expect.stringContaining('1 flaky') })
    await stage.clean(2_000)
    const failed = await run(2)
    expect(failed.code, failed.output).toBe(1)
    expect(failed.output).toMatch(/Keeping the services of run \S+ for 30 min because a test or command failed/)
    const down = await stage.start(moorage(project.folder, 'down'))
    await down.ended
    expect(down.output()).toBe(`moorage: removed run ${runIn(failed.output)}\n`)
    await stage.clean(5_000)
  },
)

test.each(providers('process'))(
  'failed tests keep their services, passed ones do not; what was stopped by a signal has not failed',
  async () => {
    const tests = (ok: boolean): string =>
      `import { test } from 'vitest'\ntest('x', () => { if (!${String(ok)}) throw new Error('on purpose') })\n`
    using project = openProject({
      ...SITE,
      'fails.test.ts': tests(false),
      'passes.test.ts': tests(true),
      'vitest.config.ts': "import { moorage } from 'moorage/vitest'\nexport default { plugins: [moorage()] }\n",
    })
    symlinkSync(resolve('e2e/fixtures/vitest-5/node_modules/vitest'), join(project.folder, 'node_modules/vitest'))
    await using stage = await openStage(project.folder, 'process')
    const passed = await stage.start(vitest(project.folder, 'passes'), KEEP)
    expect((await passed.ended).code, passed.output()).toBe(0)
    await stage.clean(2_000)
    const failed = await stage.start(vitest(project.folder, 'fails'), KEEP)
    expect((await failed.ended).code, failed.output()).toBe(1)
    expect(failed.output()).toMatch(/Keeping the services of run \S+ for 30 min because a test or command failed/)
    expect((await say(stage, project, ['down'])).output).toBe(`moorage: removed run ${runIn(failed.output())}\n`)
    const stopped = await stage.start(
      moorage(project.folder, 'exec', '--', 'sh', '-c', 'echo RUNS; exec sleep 60'),
      KEEP,
    )
    await expect.poll(() => stopped.output(), { timeout: 20_000 }).toContain('RUNS')
    stopped.kill('SIGTERM')
    expect((await stopped.ended).code).toBe(143)
    expect(stopped.output()).not.toContain('Keeping the services')
    await stage.clean(5_000)
  },
)
