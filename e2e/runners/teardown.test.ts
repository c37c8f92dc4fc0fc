import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { missing, offers, providers } from '../harness/engine.ts'
import { moorage, openStage, until } from '../harness/fixture.ts'
import { openPlaywright } from '../harness/playwright.ts'
import { openVitest } from '../harness/vitest.ts'

// Milliseconds: the limit of a dispose, and what a runner needs to end after it.
const ENDS_WITHIN = 8_000 + 2_000

// It takes its time.
const runners = process.env['MOORAGE_MATRIX'] ? ['Vitest', 'Playwright'] : ['Vitest']
const here = offers('process') ? runners : []

test.each(here)(
  '6: a supervisor that does not answer holds up the end of %s for 8 s, and fails nothing',
  async (name) => {
    using project = name === 'Vitest' ? openVitest('5') : openPlaywright('latest')
    await using stage = await openStage(project.folder, 'process')
    const child = await stage.start(project.command(...(name === 'Vitest' ? ['run'] : ['--project=one'])), {
      LASTS_MS: '1000',
    })
    await until('tests', () => existsSync(stage.runsFile))
    const supervisor = await stage.supervisor()
    process.kill(supervisor, 'SIGSTOP')
    const since = Date.now()
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(Date.now() - since).toBeLessThan(1_000 + ENDS_WITHIN)
    expect(child.output()).toMatch(
      /^moorage: Clean-up of run dev-[0-9a-f]{8} takes longer than 8 s and continues in the background\. `moorage gc` and the next run remove what it leaves\.$/m,
    )
    process.kill(supervisor, 'SIGCONT')
    await stage.clean(5_000)
  },
)

test.for(providers('docker'))(
  '6: what cannot be removed is a warning with the command for it, and fails nothing',
  async (_provider, { skip }) => {
    const reason = missing('docker')
    if (reason) skip(reason)
    const docker = (...args: string[]): string =>
      spawnSync('docker', ['-H', process.env['DOCKER_HOST'] ?? '', ...args], { encoding: 'utf8' }).stdout.trim()
    const files = {
      'moorage.config.ts':
        "import { defineConfig, staticServer } from 'moorage'\nexport default defineConfig({ services: { web: staticServer({ root: 'site' }) } })",
    }
    using project = openVitest('5', files)
    await using stage = await openStage(project.folder, 'docker')
    const child = await stage.start(project.command('run', '-t', 'lasts'), { LASTS_MS: '4000' })
    await until('tests', () => existsSync(stage.runsFile))
    const network = docker('network', 'ls', '-q', '--filter', 'label=moorage.run')
    const image = docker('ps', '--filter', 'label=moorage.run', '--format', '{{.Image}}')
    // Somebody else's container in the network of the run: the engine refuses to remove it.
    const foreign = docker('run', '-d', '--rm', '--network', network, '--entrypoint', 'sleep', image, '120')
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toMatch(
      /^moorage: Not removed: session docker: .*active endpoints.*\. `moorage gc` and the next run try again\.$/m,
    )
    docker('rm', '-f', foreign)
    const gc = await stage.start(moorage(project.folder, 'gc'))
    expect(await gc.ended, gc.output()).toEqual({ code: 0, signal: null })
    expect(gc.output()).toContain('removed network')
    await stage.clean(5_000)
  },
)
