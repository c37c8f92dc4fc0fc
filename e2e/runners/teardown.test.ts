import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { openStage, until } from '../harness/fixture.ts'
import { openPlaywright } from '../harness/playwright.ts'
import { openVitest } from '../harness/vitest.ts'

// Milliseconds: the limit of a dispose, and what a runner needs to end after it.
const ENDS_WITHIN = 8_000 + 2_000

// It takes its time.
const runners = process.env['MOORAGE_MATRIX'] ? ['Vitest', 'Playwright'] : ['Vitest']

test.each(runners)('6: a supervisor that does not answer holds up the end of %s for 8 s, and fails nothing', async (name) => {
  using project = name === 'Vitest' ? openVitest('5') : openPlaywright('latest')
  await using stage = await openStage(project.folder, 'process')
  const child = await stage.start(project.command(...(name === 'Vitest' ? ['run'] : ['--project=one'])), { LASTS_MS: '1000' })
  await until('tests', () => existsSync(stage.runsFile))
  const supervisor = await stage.supervisor()
  process.kill(supervisor, 'SIGSTOP')
  const since = Date.now()
  expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
  expect(Date.now() - since).toBeLessThan(1_000 + ENDS_WITHIN)
  expect(child.output()).toMatch(/^moorage: Clean-up of run dev-[0-9a-f]{8} takes longer than 8 s and goes on in the background; the next run removes what it leaves\.$/m)
  process.kill(supervisor, 'SIGCONT')
  await stage.clean(5_000)
})
