import { describe, expect, test } from 'vitest'
import { missing, providers } from '../harness/engine.ts'
import { openStage, reached, until, vitest } from '../harness/fixture.ts'

const folder = 'e2e/fixtures/lifecycle'
const WITHIN = 5_000

describe.each(providers())('on %s, nothing is left 5 s after', (provider) => {
  for (const phase of ['setup', 'tests', 'teardown'] as const) {
    for (const signal of ['SIGKILL', 'SIGINT', 'SIGTERM'] as const) {
      test(`${signal} of Vitest during ${phase}`, async ({ skip }) => {
        const reason = missing(provider)
        if (reason) skip(reason)
        await using stage = await openStage(folder, provider)
        const child = await stage.start(vitest(folder), { LASTS_MS: phase === 'teardown' ? '0' : '60000' })
        await until(`${phase}:\n${child.output()}`, reached(phase, stage, child))
        child.kill(signal)
        await child.ended
        await stage.clean(WITHIN)
      })
    }
    test(`Ctrl-C in a terminal during ${phase}`, async ({ skip }) => {
      const reason = missing(provider)
      if (reason) skip(reason)
      await using stage = await openStage(folder, provider)
      const child = await stage.start(vitest(folder), { LASTS_MS: phase === 'teardown' ? '0' : '60000' }, true)
      await until(phase, reached(phase, stage, child))
      child.type('\x03')
      await child.ended
      await stage.clean(WITHIN)
    })
  }

  test('a normal end', async ({ skip }) => {
    const reason = missing(provider)
    if (reason) skip(reason)
    await using stage = await openStage(folder, provider)
    const child = await stage.start(vitest(folder))
    expect(await child.ended, child.output()).toEqual({ code: 0, signal: null })
    expect(child.output()).toContain('TEARDOWN ENDED')
    await stage.clean(1_000)
  })
})
