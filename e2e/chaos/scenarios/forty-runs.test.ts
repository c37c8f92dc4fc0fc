import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Chance } from '../../../test/simulation/schedule.ts'
import { config, openProject } from '../../cli/project.ts'
import { missing, type ProviderName } from '../../harness/engine.ts'
import { openStage } from '../../harness/fixture.ts'
import { chosen, sharedNamespace } from '../options.ts'

const RUNS = 40
const { providers, first } = chosen()

test.for<ProviderName>(providers)(
  'forty runs at once on %s, every fourth is killed: all others pass, and none is reaped alive',
  async (provider, { skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    const chance = new Chance(first)
    // One checkout, one engine, one namespace, the same names; in CI a run of its own for each.
    using project = openProject({
      'site/index.html': 'hello',
      'hold.mjs': readFileSync('e2e/fixtures/lifecycle/hold.mjs', 'utf8'),
      'moorage.config.ts': config("web: staticServer({ root: 'site' })"),
    })
    await using stage = await openStage(project.folder, provider)
    const env = {
      CI: 'true',
      LASTS_MS: '30000',
      EVERY_MS: '500',
      ...(provider === 'kubernetes' ? sharedNamespace : {}),
    }
    const runs = await Promise.all(Array.from({ length: RUNS }, () => stage.start([process.execPath, 'hold.mjs'], env)))
    const victims = runs.filter((_, i) => i % 4 === 3)
    const others = runs.filter((run) => !victims.includes(run))
    await Promise.all(
      victims.map(async (victim) => {
        const over = await Promise.race([victim.ended, sleep(chance.between(0, 25_000))])
        // It was to live until it is killed.
        if (over) expect.fail(victim.output())
        victim.kill('SIGKILL')
      }),
    )
    for (const each of others) expect(await each.ended, each.output()).toEqual({ code: 0, signal: null })
    const ids = others.map((each) => /HOLDS (\S+)/.exec(each.output())?.[1])
    expect(new Set(ids).size).toBe(others.length)
    const left = await stage.clean(10_000)
    process.stdout.write(
      `${provider}: ${others.length} of ${RUNS} passed, ${victims.length} killed; nothing left ${left} ms later\n`,
    )
  },
)
